import type { SfuApi } from '@causeway/client';
import type { SecureSuite } from '@causeway/media';
import { TRANSPORT_WIDE_CC_URI } from '@causeway/wire';
import { LoadPeer, type LoadPeerListener, type OpenPeerSocket, ownDtlsRole } from '../peer/load-peer.ts';
import { writeAnswer } from '../sdp/answer.ts';
import { FIRST_MID } from '../sdp/local-media.ts';
import { type OfferedTrack, writeDataOffer, writeOffer } from '../sdp/offer.ts';
import { type RemoteDescription, type RemoteSource, readRemoteDescription } from '../sdp/remote-description.ts';
import { offerOf, type RemoteTrack } from '../sfu-api.ts';

/** The objects that all load clients of one process share. */
export interface LoadContext {
  readonly api: SfuApi;
  readonly suite: SecureSuite;
  /** Opens the sockets of the clients. Default: those of `node:dgram`. */
  readonly openSocket?: OpenPeerSocket;
}

export interface JoinOptions {
  readonly listener: LoadPeerListener;
  /** The track that the first offer publishes, or `data` for data channels only. Without it, the offer receives one video. */
  readonly track?: OfferedTrack | 'data';
}

/** One session with the SFU, signalled over HTTP and connected over UDP, as a page with one `RTCPeerConnection` has. */
export class LoadSession {
  readonly sessionId: string;
  readonly peer: LoadPeer;
  /** ICE user fragment of the SFU, which encodes the shard that has the session. */
  readonly remoteUfrag: string;
  readonly #api: SfuApi;
  readonly #setup: 'active' | 'passive';
  #connectedInMs = 0;
  #descriptionVersion = 1;
  #announcedSources: readonly RemoteSource[] = [];
  #transportWideId: number | undefined = undefined;

  private constructor(api: SfuApi, peer: LoadPeer, sessionId: string, answer: RemoteDescription) {
    this.#api = api;
    this.peer = peer;
    this.sessionId = sessionId;
    this.remoteUfrag = answer.transport.ice.ufrag;
    this.#setup = ownDtlsRole(answer.transport) === 'client' ? 'active' : 'passive';
  }

  /** Opens a session; resolves when DTLS is completed. */
  static async join({ api, suite, openSocket }: LoadContext, { listener, track }: JoinOptions): Promise<LoadSession> {
    const peer = new LoadPeer(suite, listener, openSocket);
    const offer = track === 'data' ? writeDataOffer(peer.local) : writeOffer(peer.local, track);
    const { sessionId, sessionDescription } = await api.createSession({ ...offerOf(offer), connectAtOnce: true });
    const answer = readRemoteDescription(sessionDescription.sdp);
    const session = new LoadSession(api, peer, sessionId, answer);
    try {
      session.#connectedInMs = await peer.connect(answer.transport);
    } catch (error) {
      await session.leave();
      throw new Error(`Session ${sessionId} could not connect`, { cause: error });
    }
    return session;
  }

  /** How long ICE and DTLS took. */
  get connectedInMs(): number {
    return this.#connectedInMs;
  }

  /** The streams that the SFU sends on this session, according to its newest description. */
  get announcedSources(): readonly RemoteSource[] {
    return this.#announcedSources;
  }

  /** Id of the header extension with transport-wide numbers; undefined while the SFU has offered none. */
  get transportWideId(): number | undefined {
    return this.#transportWideId;
  }

  /** Subscribes to the tracks with one call, and answers the resulting offer. */
  async subscribe(...tracks: readonly RemoteTrack[]): Promise<void> {
    const { sessionDescription } = await this.#api.subscribe(this.sessionId, { tracks });
    if (sessionDescription === undefined) return;
    const version = ++this.#descriptionVersion;
    const offer = readRemoteDescription(sessionDescription.sdp);
    this.#announcedSources = offer.sections.flatMap(({ sources }) => sources);
    this.#transportWideId = offer.sections.map(({ extensions }) => extensions.get(TRANSPORT_WIDE_CC_URI)).find((id) => id !== undefined);
    const sdp = writeAnswer(offer, { transport: this.peer.local, setup: this.#setup, version });
    await this.#api.renegotiate(this.sessionId, { sessionDescription: { type: 'answer', sdp } });
  }

  /** Subscribes to a data channel of another session, on which it may reply. @throws SfuApiError – also when there is none of that name yet */
  async subscribeData(remoteSessionId: string, dataChannelName: string): Promise<void> {
    await this.#api.subscribeDataChannels(this.sessionId, { dataChannels: [{ remoteSessionId, dataChannelName, canReply: 'many' }] });
  }

  /** Changes the first subscription, which uses the media line of the first offer. */
  async updateFirst(change: { readonly quality?: string; readonly paused?: boolean }): Promise<void> {
    await this.#api.updateTracks(this.sessionId, { tracks: [{ mid: FIRST_MID, ...change }] });
  }

  /** Deletes the session at the SFU, then closes the transport. */
  async leave(): Promise<void> {
    await this.#api.deleteSession(this.sessionId).finally(() => this.peer.close());
  }
}
