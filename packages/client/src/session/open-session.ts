import type { CreateSessionReply } from '@causeway/protocol';
import type { RemoteTrack, SfuApi } from '../api/sfu-api.ts';
import { type ApiErrorCode, errorFromItem, SfuApiError } from '../api/sfu-api-error.ts';
import { type Clock, systemClock } from '../clock.ts';
import { createNegotiationQueue } from './negotiation-queue.ts';
import type { DataChannel, MediaTrack, PeerConnection, Transceiver } from './peer-connection.ts';
import { retrying } from './retrying.ts';
import { answerTo, mediaPortOf, offerTo } from './sdp-exchange.ts';
import { type LocalTrack, openSendingLine, parkSendingLine } from './sending-line.ts';
import {
  isOver,
  type LocalChannel,
  type OpenSessionOptions,
  type Outcome,
  type Publication,
  type RemoteChannel,
  type Session,
  type SessionState,
  type Subscription,
  type SubscriptionChange,
} from './session.ts';
import { SessionChannels } from './session-channels.ts';

/** ICE often recovers by itself, for instance after a brief change of network. */
const INTERRUPTION_GRACE_MS = 3_000;
/** The SFU closes a session 30 s after it lost the media path (docs/api.md §9), so waiting longer is useless. */
const RECOVERY_TIMEOUT_MS = 25_000;
const SESSION_HAS_ENDED = 'This session has ended.';

/**
 * Creates a session on the SFU, ready to subscribe and to publish.
 *
 * @returns once the SFU has answered; the media path comes up later, as `state` tells
 * @throws SfuApiError – the peer connection is then closed
 */
export async function openSession<Track extends MediaTrack, Channel extends DataChannel>(
  options: OpenSessionOptions<Track, Channel>,
): Promise<Session<Track, Channel>> {
  const { api, peerConnection: peer, receive = ['audio', 'video'], clock = systemClock, onStateChange, ...body } = options;
  try {
    for (const kind of receive) peer.addTransceiver(kind, { direction: 'recvonly' });
    const created = await retrying(
      () => offerTo(peer, (sessionDescription) => api.createSession({ ...body, sessionDescription, connectAtOnce: true })),
      clock,
    );
    return new PeerSession({ api, peer, clock, onStateChange }, created);
  } catch (failure) {
    peer.close();
    throw failure;
  }
}

interface SessionParts<Track extends MediaTrack, Channel extends DataChannel> {
  readonly api: SfuApi;
  readonly peer: PeerConnection<Track, Channel>;
  readonly clock: Clock;
  readonly onStateChange: ((state: SessionState) => void) | undefined;
}

class PeerSession<Track extends MediaTrack, Channel extends DataChannel> implements Session<Track, Channel> {
  readonly sessionId: string;
  readonly created: CreateSessionReply;
  readonly mediaPort: number | undefined;
  readonly #peer: PeerConnection<Track, Channel>;
  readonly #api: SfuApi;
  readonly #clock: Clock;
  readonly #onStateChange: ((state: SessionState) => void) | undefined;
  readonly #queue = createNegotiationQueue();
  readonly #ended = Promise.withResolvers<void>();
  readonly #channels: SessionChannels<Channel>;
  readonly #listener = () => this.#handleConnectionState();
  #state: SessionState = { phase: 'connecting' };

  constructor({ api, peer, clock, onStateChange }: SessionParts<Track, Channel>, created: CreateSessionReply) {
    this.sessionId = created.sessionId;
    this.created = created;
    this.mediaPort = mediaPortOf(created.sessionDescription.sdp);
    this.#peer = peer;
    this.#api = api;
    this.#clock = clock;
    this.#onStateChange = onStateChange;
    this.#channels = new SessionChannels(peer, api, created.sessionId);
    peer.addEventListener('connectionstatechange', this.#listener);
    this.#handleConnectionState();
  }

  get state(): SessionState {
    return this.#state;
  }

  publish(tracks: readonly LocalTrack<Track>[]): Promise<Outcome<Publication<Track>>> {
    return this.#negotiate(async () => {
      const lines = await Promise.all(tracks.map((local) => openSendingLine(this.#peer, local)));
      try {
        return await this.#publishLines(tracks, lines);
      } catch (failure) {
        await Promise.all(lines.map(parkSendingLine));
        throw failure;
      }
    });
  }

  unpublish(publications: readonly Publication<Track>[]): Promise<void> {
    return this.#negotiate(async () => {
      await Promise.all(publications.map(({ mid }) => this.#park(mid)));
      const tracks = publications.map(({ trackId }) => ({ trackId }));
      await this.#retrying(() =>
        offerTo(this.#peer, (sessionDescription) => this.#api.closeTracks(this.sessionId, { tracks, sessionDescription })),
      );
    });
  }

  subscribe<Asked extends RemoteTrack>(tracks: readonly Asked[]): Promise<Outcome<Subscription<Track, Asked>>> {
    return this.#negotiate(async () => {
      const reply = await this.#retrying(() => this.#api.subscribe(this.sessionId, { tracks }));
      const receivingMids = new Set(reply.tracks.flatMap(({ mid }) => mid ?? []));
      if (reply.sessionDescription !== undefined) {
        await answerTo(this.#peer, reply.sessionDescription, receivingMids, (sessionDescription) =>
          this.#api.renegotiate(this.sessionId, { sessionDescription }),
        );
      }
      return outcomeOf(reply.tracks, ({ mid }, index) => {
        const track = mid === undefined ? undefined : this.#line(mid)?.receiver.track;
        const asked = tracks[index];
        if (mid === undefined || track === undefined || asked === undefined) return undefined;
        return { ...asked, mid, track };
      });
    });
  }

  async unsubscribe(mids: readonly string[]): Promise<void> {
    await this.#negotiate(() => this.#api.unsubscribe(this.sessionId, { tracks: mids.map((mid) => ({ mid })) }));
  }

  async update(mid: string, change: SubscriptionChange): Promise<void> {
    await this.#guarded(() => this.#api.updateTracks(this.sessionId, { tracks: [{ ...change, mid }] }));
  }

  async publishData(channel: LocalChannel): Promise<Channel> {
    return this.#whenOpen(await this.#negotiate(() => this.#retrying(() => this.#channels.publish(channel))));
  }

  async subscribeData(channel: RemoteChannel): Promise<Channel> {
    return this.#whenOpen(await this.#negotiate(() => this.#retrying(() => this.#channels.subscribe(channel))));
  }

  async renegotiate({ iceRestart = false }: { readonly iceRestart?: boolean } = {}): Promise<void> {
    await this.#negotiate(() =>
      this.#retrying(() => {
        if (iceRestart) this.#peer.restartIce();
        return offerTo(this.#peer, (sessionDescription) => this.#api.renegotiate(this.sessionId, { sessionDescription }));
      }),
    );
  }

  async verify(): Promise<void> {
    await this.#guarded(() => this.#api.listTracks(this.sessionId));
  }

  async leave(): Promise<void> {
    if (isOver(this.#state)) return;
    const deleted = this.#api.deleteSession(this.sessionId);
    this.#end({ phase: 'left' });
    await deleted;
  }

  async #publishLines(tracks: readonly LocalTrack<Track>[], lines: readonly Transceiver<Track>[]): Promise<Outcome<Publication<Track>>> {
    const reply = await this.#retrying(() =>
      offerTo(this.#peer, (sessionDescription) => {
        const items = tracks.map(({ track, name }, index) => {
          const mid = lines[index]?.mid ?? '';
          // werift's tracks may have no id. The mid of the media line serves as well.
          return { trackId: track.id ?? `line-${mid}`, mid, customTrackName: name };
        });
        return this.#api.publish(this.sessionId, { tracks: items, sessionDescription });
      }),
    );
    const refused = reply.tracks.filter(({ errorCode }) => errorCode !== undefined);
    await Promise.all(refused.map(({ mid }) => this.#park(mid)));
    return outcomeOf(reply.tracks, ({ trackId, mid }, index) => {
      const local = tracks[index];
      if (local === undefined) return undefined;
      const kind = local.track.kind === 'audio' ? 'audio' : 'video';
      return { trackId, mid, kind, name: local.name, track: local.track };
    });
  }

  #line(mid: string): Transceiver<Track> | undefined {
    return this.#peer.getTransceivers().find((transceiver) => transceiver.mid === mid);
  }

  async #park(mid: string): Promise<void> {
    const line = this.#line(mid);
    if (line !== undefined) await parkSendingLine(line);
  }

  /**
   * Waits until a channel is open. It also waits for the end of the session, because a closed connection does not report that its channels
   * are closed.
   */
  async #whenOpen(channel: Channel): Promise<Channel> {
    if (channel.readyState === 'open') return channel;
    const opened = Promise.withResolvers<void>();
    channel.addEventListener('open', opened.resolve);
    channel.addEventListener('close', () => opened.reject(new Error(`The data channel ${channel.label} was closed before it was open.`)));
    await Promise.race([opened.promise, this.#ended.promise]);
    if (isOver(this.#state)) throw new Error(SESSION_HAS_ENDED);
    return channel;
  }

  #retrying<Result>(call: () => Promise<Result>): Promise<Result> {
    return retrying(call, this.#clock);
  }

  #negotiate<Result>(exchange: () => Promise<Result>): Promise<Result> {
    return this.#guarded(() => this.#queue.run(exchange));
  }

  /** Makes a call, and ends this session if the SFU says that it is gone. */
  async #guarded<Result>(call: () => Promise<Result>): Promise<Result> {
    try {
      return await call();
    } catch (failure) {
      if (isOwnSessionGone(failure)) this.#end({ phase: 'lost', failure });
      throw failure;
    }
  }

  #handleConnectionState(): void {
    if (isOver(this.#state)) return;
    const { connectionState } = this.#peer;
    if (connectionState === 'connected') this.#setState({ phase: 'connected' });
    if (connectionState === 'disconnected' || connectionState === 'failed') this.#handleInterruption();
  }

  #handleInterruption(): void {
    if (this.#state.phase === 'interrupted') return;
    if (this.#state.phase === 'connecting') {
      const port = this.mediaPort === undefined ? 'its media port' : `UDP port ${this.mediaPort}`;
      this.#end({ phase: 'lost', failure: new Error(`No media path to the node: ${port} cannot be reached from here.`) });
      return;
    }
    const interruption: SessionState = { phase: 'interrupted' };
    this.#setState(interruption);
    this.#recover(interruption).catch((failure: unknown) => {
      if (this.#state === interruption) this.#end({ phase: 'lost', failure: asError(failure) });
    });
  }

  /** @param interruption the interruption to recover from; a later one has a recovery of its own */
  async #recover(interruption: SessionState): Promise<void> {
    await this.#clock.wait(INTERRUPTION_GRACE_MS);
    if (this.#state !== interruption) return;
    await this.#negotiate(() => {
      this.#peer.restartIce();
      return offerTo(this.#peer, (sessionDescription) => this.#api.renegotiate(this.sessionId, { sessionDescription }));
    });
    await this.#clock.wait(RECOVERY_TIMEOUT_MS);
    throw new Error(`The media path to the node was lost and did not come back within ${RECOVERY_TIMEOUT_MS / 1000} s.`);
  }

  #end(state: SessionState): void {
    if (isOver(this.#state)) return;
    this.#queue.close(new Error(SESSION_HAS_ENDED));
    this.#peer.removeEventListener('connectionstatechange', this.#listener);
    this.#peer.close();
    this.#setState(state);
    this.#ended.resolve();
  }

  #setState(state: SessionState): void {
    this.#state = state;
    this.#onStateChange?.(state);
  }
}

/**
 * Whether an error is about this session. If every item of a batch failed, the same codes may be about another client's session; the error
 * then has items.
 */
function isOwnSessionGone(failure: unknown): failure is SfuApiError {
  const gone: readonly ApiErrorCode[] = ['session_closed', 'session_not_found'];
  return failure instanceof SfuApiError && gone.includes(failure.code) && failure.facts.items === undefined;
}

function outcomeOf<Item extends Parameters<typeof errorFromItem>[0], Done>(
  items: readonly Item[],
  complete: (item: Item, index: number) => Done | undefined,
): Outcome<Done> {
  const done: Done[] = [];
  const failures: Error[] = [];
  for (const [index, item] of items.entries()) {
    const failure = errorFromItem(item);
    const result = failure === undefined ? complete(item, index) : undefined;
    if (failure !== undefined) failures.push(failure);
    if (result !== undefined) done.push(result);
  }
  return { done, failures };
}

function asError(failure: unknown): Error {
  return failure instanceof Error ? failure : new Error(String(failure));
}
