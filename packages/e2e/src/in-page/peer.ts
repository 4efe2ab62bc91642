/** One session with the SFU: a peer connection and its API calls, written as the API's reference tells users to. */

import { retrying, type SfuApi } from '@causeway/client';
import { waitUntil } from '@causeway/lab/wait-until';
import type {
  CloseTracksReply,
  CreateSessionReply,
  PublishReply,
  RenegotiateReply,
  SubscribeDataChannelItem,
  SubscribeDataChannelsReply,
  SubscribedDataChannelResult,
  SubscribedTrackResult,
  SubscribeItem,
  SubscribeReply,
  TrackKind,
  TrackSummary,
  UnsubscribeReply,
  UpdateTracksReply,
} from '@causeway/protocol';
import type { SfuAccess } from '../servers/daemon.ts';
import { Channels } from './channels.ts';
import { addSender, type SendRequest } from './local-media.ts';
import { type Reception, startReception } from './reception.ts';
import { type MediaAddress, redirectCandidates } from './redirect-candidates.ts';
import { apiOf } from './sfu-api.ts';

export interface JoinRequest {
  readonly access: SfuAccess;
  readonly metadata?: string;
  /** Media that the first offer already sends, and the SFU publishes automatically. */
  readonly send?: readonly SendRequest[];
  /** Media lines that the first offer keeps ready to receive on. */
  readonly receive?: readonly TrackKind[];
  /** The address of a proxy in front of the SFU, used in place of the SFU's candidates. */
  readonly mediaAt?: MediaAddress;
  /** Data channels that the page opens before its first offer. */
  readonly channels?: readonly (RTCDataChannelInit & { readonly label: string })[];
}

export interface PublishedTrack {
  readonly sessionId: string;
  readonly trackId: string;
  readonly mid: string;
  readonly customTrackName: string;
}

export class Peer {
  readonly connection: RTCPeerConnection;
  readonly api: SfuApi;
  readonly receptions = new Map<string, Reception>();
  readonly channels = new Channels();
  sessionId = '';
  /** Applies its own edits to every local description before the SFU or the browser sees it. */
  editLocalSdp: (sdp: string) => string = (sdp) => sdp;
  #mediaAt: MediaAddress | undefined;
  /** Exchanges offers and answers one after the other, as a page with a single peer connection must. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(access: SfuAccess) {
    this.api = apiOf(access);
    this.connection = new RTCPeerConnection();
    this.connection.ondatachannel = ({ channel }) => this.channels.adopt(channel);
    this.connection.ontrack = ({ transceiver, track }) => {
      if (transceiver.mid !== null && !this.receptions.has(transceiver.mid)) this.receptions.set(transceiver.mid, startReception(track));
    };
  }

  /** `POST …/datachannel/subscribe`, and the answer when one is asked for. */
  subscribeChannels(items: readonly SubscribeDataChannelItem[]): Promise<readonly SubscribedDataChannelResult[]> {
    return this.inTurn(async () => {
      const reply = await this.callSession<SubscribeDataChannelsReply>('POST', '/datachannel/subscribe', { dataChannels: items });
      await this.answer(reply);
      return reply.dataChannels;
    });
  }

  /** `POST /session/new` */
  async join(request: JoinRequest): Promise<CreateSessionReply> {
    this.#mediaAt = request.mediaAt;
    for (const kind of request.receive ?? []) this.connection.addTransceiver(kind, { direction: 'recvonly' });
    for (const send of request.send ?? []) await addSender(this.connection, send);
    for (const { label, ...init } of request.channels ?? []) this.openChannel(label, init);
    const body = { sessionDescription: await this.makeOffer(), ...(request.metadata === undefined ? {} : { metadata: request.metadata }) };
    const reply = await retrying(() => this.api.call<CreateSessionReply>({ method: 'POST', path: '/session/new', body }));
    this.sessionId = reply.sessionId;
    await this.accept(reply.sessionDescription);
    return reply;
  }

  /** `POST …/track/publish` with all tracks in one call. */
  publish(requests: readonly SendRequest[]): Promise<PublishedTrack[]> {
    return this.inTurn(async () => {
      const senders = [];
      for (const request of requests) senders.push({ request, transceiver: await addSender(this.connection, request) });
      const sessionDescription = await this.makeOffer();
      const tracks = senders.map(({ request, transceiver }) => ({
        trackId: transceiver.sender.track?.id ?? '',
        mid: transceiver.mid ?? '',
        ...(request.customTrackName === undefined ? {} : { customTrackName: request.customTrackName }),
      }));
      const reply = await this.callSession<PublishReply>('POST', '/track/publish', { tracks, sessionDescription });
      await this.accept(reply.sessionDescription);
      return reply.tracks.map(({ trackId, mid, customTrackName }) => ({ sessionId: this.sessionId, trackId, mid, customTrackName }));
    });
  }

  /** `POST …/track/subscribe`, and the answer when one is asked for. */
  subscribe(items: readonly SubscribeItemInput[]): Promise<readonly SubscribedTrackResult[]> {
    return this.inTurn(async () => {
      const reply = await this.callSession<SubscribeReply>('POST', '/track/subscribe', { tracks: items });
      await this.answer(reply);
      return reply.tracks;
    });
  }

  /** Opens a data channel. With an id and `negotiated`, it is the channel that a reply has named. */
  openChannel(label: string, init: RTCDataChannelInit = {}): void {
    this.channels.adopt(this.connection.createDataChannel(label, init));
  }

  /** Answers the offer that a reply carries, with `PUT …/renegotiate`; does nothing when it carries none. */
  async answer(reply: Pick<SubscribeDataChannelsReply, 'immediateRenegotiationRequired' | 'sessionDescription'>): Promise<void> {
    if (!reply.immediateRenegotiationRequired || reply.sessionDescription === undefined) return;
    await this.accept(reply.sessionDescription);
    const sessionDescription = await this.makeAnswer();
    await this.callSession<RenegotiateReply>('PUT', '/renegotiate', { sessionDescription });
  }

  /** `POST …/track/unsubscribe` by media line. */
  unsubscribe(mids: readonly string[]): Promise<UnsubscribeReply> {
    return this.callSession<UnsubscribeReply>('POST', '/track/unsubscribe', { tracks: mids.map((mid) => ({ mid })) });
  }

  /** `PUT …/track/update`: another source for the subscription on a media line. */
  update(mid: string, source: Pick<PublishedTrack, 'sessionId' | 'trackId'>): Promise<UpdateTracksReply> {
    const tracks = [{ mid, remoteSessionId: source.sessionId, remoteTrackId: source.trackId }];
    return this.callSession<UpdateTracksReply>('PUT', '/track/update', { tracks });
  }

  /** Takes a published track off its media line and tells the SFU: `POST …/track/close`. */
  closeTrack(trackId: string): Promise<CloseTracksReply> {
    return this.inTurn(async () => {
      const sender = this.connection.getSenders().find(({ track }) => track?.id === trackId);
      if (sender === undefined) throw new Error(`no sender has the track ${trackId}`);
      this.connection.removeTrack(sender);
      const sessionDescription = await this.makeOffer();
      const reply = await this.callSession<CloseTracksReply>('POST', '/track/close', { tracks: [{ trackId }], sessionDescription });
      if (reply.sessionDescription !== undefined) await this.accept(reply.sessionDescription);
      return reply;
    });
  }

  /** Ends the transceiver that sends a track with an offer by `PUT …/renegotiate`, so that its media line is free for another. */
  stopTrack(trackId: string): Promise<void> {
    return this.inTurn(async () => {
      this.connection
        .getTransceivers()
        .find(({ sender }) => sender.track?.id === trackId)
        ?.stop();
      await this.#renegotiate();
    });
  }

  /** Restarts ICE on the running session with an offer by `PUT …/renegotiate`. */
  restartIce(): Promise<void> {
    return this.inTurn(async () => {
      this.connection.restartIce();
      await this.#renegotiate();
    });
  }

  /** Ends the session on both sides. */
  async leave(): Promise<void> {
    await retrying(() => this.api.deleteSession(this.sessionId));
    this.connection.close();
  }

  listTracks(sessionId: string = this.sessionId): Promise<readonly TrackSummary[]> {
    return retrying(() => this.api.listTracks(sessionId));
  }

  callSession<Reply>(method: 'POST' | 'PUT', path: string, body: unknown): Promise<Reply> {
    return retrying(() => this.api.call<Reply>({ method, path: `/session/${this.sessionId}${path}`, body }));
  }

  /** Applies a description of the SFU. */
  accept({ type, sdp = '' }: RTCSessionDescriptionInit): Promise<void> {
    const located = this.#mediaAt === undefined ? sdp : redirectCandidates(sdp, this.#mediaAt);
    return this.connection.setRemoteDescription({ type, sdp: located });
  }

  async makeOffer(): Promise<RTCSessionDescriptionInit> {
    const { sdp = '' } = await this.connection.createOffer();
    const offer = { type: 'offer', sdp: this.editLocalSdp(sdp) } as const;
    await this.connection.setLocalDescription(offer);
    return offer;
  }

  async makeAnswer(): Promise<RTCSessionDescriptionInit> {
    const { sdp = '' } = await this.connection.createAnswer();
    const answer = { type: 'answer', sdp: this.editLocalSdp(sdp) } as const;
    await this.connection.setLocalDescription(answer);
    return answer;
  }

  /** Waits until a media line has fired `ontrack`. */
  async reception(mid: string): Promise<Reception> {
    const found = await waitUntil(
      `ontrack fires for mid ${mid}`,
      () => this.receptions.get(mid),
      (reception) => reception !== undefined,
    );
    return found as Reception;
  }

  async #renegotiate(): Promise<void> {
    const sessionDescription = await this.makeOffer();
    const reply = await this.callSession<RenegotiateReply>('PUT', '/renegotiate', { sessionDescription });
    if (reply.sessionDescription === undefined) throw new Error('an offer was not answered');
    await this.accept(reply.sessionDescription);
  }

  private inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(task);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** Ids of replies are plain strings here, not the branded ones of `SubscribeItem`. */
export type SubscribeItemInput = { readonly [Key in keyof SubscribeItem]: SubscribeItem[Key] extends string ? string : unknown };
