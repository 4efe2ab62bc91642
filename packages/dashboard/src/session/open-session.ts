import type { TrackKind } from '@causeway/protocol';
import type { RemoteTrackRef, SfuApi } from '../api/sfu-api.ts';
import { type ApiErrorCode, errorFromItem, SfuApiError } from '../api/sfu-api-error.ts';
import type { Clock } from './clock.ts';
import { mediaPortOf } from './media-port.ts';
import { createNegotiationQueue } from './negotiation-queue.ts';
import { retrying } from './retrying.ts';
import { answerTo, offerTo } from './sdp-exchange.ts';
import { type LocalTrack, openSendingLine, parkSendingLine } from './sending-line.ts';
import type { OpenSessionOptions, Outcome, Publication, SessionClient, Subscription } from './session-client.ts';
import { isOver, type SessionState } from './session-state.ts';

/** ICE often finds its way back alone, for instance after a change of network that lasts a moment. */
const INTERRUPTION_GRACE_MS = 3_000;
/** The SFU closes a session 30 s after it lost the media path (docs/api.md §9); waiting longer is in vain. */
const RECOVERY_TIMEOUT_MS = 25_000;

/**
 * Creates a session on the SFU, ready to subscribe (it offers one line of each kind to receive on) and to publish.
 *
 * @returns once the SFU has answered; the media path comes up after that, see `state`
 * @throws SfuApiError
 */
export async function openSession(options: OpenSessionOptions): Promise<SessionClient> {
  const { api, clock, metadata } = options;
  const peer = options.createPeerConnection();
  try {
    peer.addTransceiver('audio', { direction: 'recvonly' });
    peer.addTransceiver('video', { direction: 'recvonly' });
    const reply = await retrying(clock, () => offerTo(peer, (sessionDescription) => api.createSession({ sessionDescription, metadata })));
    return new PeerSession(options, peer, reply.sessionId, mediaPortOf(reply.sessionDescription.sdp));
  } catch (failure) {
    peer.close();
    throw failure;
  }
}

class PeerSession implements SessionClient {
  readonly sessionId: string;
  readonly mediaPort: number | undefined;
  readonly #peer: RTCPeerConnection;
  readonly #api: SfuApi;
  readonly #clock: Clock;
  readonly #onStateChange: (state: SessionState) => void;
  readonly #queue = createNegotiationQueue();
  #state: SessionState = { phase: 'connecting' };

  constructor(options: OpenSessionOptions, peer: RTCPeerConnection, sessionId: string, mediaPort: number | undefined) {
    this.sessionId = sessionId;
    this.mediaPort = mediaPort;
    this.#peer = peer;
    this.#api = options.api;
    this.#clock = options.clock;
    this.#onStateChange = options.onStateChange;
    peer.onconnectionstatechange = () => this.#handleConnectionState();
    this.#handleConnectionState();
  }

  get state(): SessionState {
    return this.#state;
  }

  publish(tracks: readonly LocalTrack[]): Promise<Outcome<Publication>> {
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

  unpublish(publications: readonly Publication[]): Promise<void> {
    return this.#negotiate(async () => {
      await Promise.all(publications.map(({ mid }) => this.#park(mid)));
      const tracks = publications.map(({ trackId }) => ({ trackId }));
      await retrying(this.#clock, () =>
        offerTo(this.#peer, (sessionDescription) => this.#api.closeTracks(this.sessionId, { tracks, sessionDescription })),
      );
    });
  }

  subscribe(tracks: readonly RemoteTrackRef[]): Promise<Outcome<Subscription>> {
    return this.#negotiate(async () => {
      const reply = await retrying(this.#clock, () => this.#api.subscribe(this.sessionId, { tracks }));
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
        return { remoteSessionId: asked.remoteSessionId, remoteTrackId: asked.remoteTrackId, mid, track };
      });
    });
  }

  async unsubscribe(mids: readonly string[]): Promise<void> {
    await this.#negotiate(() => this.#api.unsubscribe(this.sessionId, { tracks: mids.map((mid) => ({ mid })) }));
  }

  async chooseLayer(mid: string, quality: string): Promise<void> {
    await this.#guarded(() => this.#api.updateTracks(this.sessionId, { tracks: [{ mid, quality }] }));
  }

  async verify(): Promise<void> {
    await this.#guarded(() => this.#api.listTracks(this.sessionId));
  }

  stats(): Promise<RTCStatsReport> {
    return this.#peer.getStats();
  }

  audioLevel(mid: string): number | undefined {
    return this.#line(mid)?.receiver.getSynchronizationSources()[0]?.audioLevel;
  }

  async leave(): Promise<void> {
    if (isOver(this.#state)) return;
    const deleted = this.#api.deleteSession(this.sessionId);
    this.#end({ phase: 'left' });
    await deleted;
  }

  async #publishLines(tracks: readonly LocalTrack[], lines: readonly RTCRtpTransceiver[]): Promise<Outcome<Publication>> {
    const reply = await retrying(this.#clock, () =>
      offerTo(this.#peer, (sessionDescription) => {
        const items = tracks.map(({ track, name }, index) => ({
          trackId: track.id,
          mid: lines[index]?.mid ?? '',
          customTrackName: name,
        }));
        return this.#api.publish(this.sessionId, { tracks: items, sessionDescription });
      }),
    );
    const refused = reply.tracks.filter(({ errorCode }) => errorCode !== undefined);
    await Promise.all(refused.map(({ mid }) => this.#park(mid)));
    return outcomeOf(reply.tracks, ({ trackId, mid }, index) => {
      const local = tracks[index];
      if (local === undefined) return undefined;
      return { trackId, mid, kind: local.track.kind as TrackKind, name: local.name, track: local.track };
    });
  }

  #line(mid: string): RTCRtpTransceiver | undefined {
    return this.#peer.getTransceivers().find((transceiver) => transceiver.mid === mid);
  }

  async #park(mid: string): Promise<void> {
    const line = this.#line(mid);
    if (line !== undefined) await parkSendingLine(line);
  }

  #negotiate<Result>(exchange: () => Promise<Result>): Promise<Result> {
    return this.#guarded(() => this.#queue.run(exchange));
  }

  /** Notices, whatever the call, that the SFU has ended this session. */
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

  /** @param interruption whose recovery this is: a later one has its own */
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
    this.#queue.close(new Error('This session has ended.'));
    this.#peer.onconnectionstatechange = null;
    this.#peer.close();
    this.#setState(state);
  }

  #setState(state: SessionState): void {
    this.#state = state;
    this.#onStateChange(state);
  }
}

/** A batch of which every item failed may carry the same codes about somebody else's session: then it has items. */
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
