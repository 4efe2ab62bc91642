import type {
  AccountUsage,
  DataChannelRequest,
  EngineListener,
  IceRestartPlan,
  LinkStatistics,
  PublisherTrackPlan,
  SubscriberTrackPlan,
  TransportCloseReason,
  TransportPlan,
} from '@causeway/media';
import type { ShardInspection } from '../../src/inspection.ts';
import type { Shard } from '../../src/shard.ts';

/** A shard that moves no packets: it keeps what it was told, refuses what an engine could not do, and speaks when a test says so. */
export class RecordingShard implements Shard {
  readonly fingerprint = { algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'AB').join(':') };
  readonly port = 8081;
  readonly shardCount = 1;
  readonly transports = new Map<string, TransportPlan>();
  readonly publications = new Map<string, PublisherTrackPlan>();
  readonly subscriptions = new Map<string, SubscriberTrackPlan>();
  readonly restarts: IceRestartPlan[] = [];
  /** Data channels that were asked for; a test tells the listener when they open. */
  readonly channels: { readonly transportId: string; readonly request: DataChannelRequest }[] = [];
  readonly sentData: { readonly transportId: string; readonly streamId: number; readonly data: Uint8Array | string }[] = [];
  /** What `linkStatistics` says. */
  links: readonly LinkStatistics[] = [];
  /** What `takeUsage` says next. */
  usage: AccountUsage[] = [];
  /** Verbs in the order they came: `openTransport session-…`. */
  readonly log: string[] = [];
  isClosed = false;
  #listener: EngineListener | undefined;
  /** By transport; an SSRC that was used once must not come back with another key stream position. */
  readonly #usedSsrcs = new Map<string, Map<number, string>>();

  get listener(): EngineListener {
    if (this.#listener === undefined) throw new Error('nobody listens');
    return this.#listener;
  }

  chooseShardNo(): number {
    return 0;
  }

  setListener(listener: EngineListener): void {
    this.#listener = listener;
  }

  openTransport(plan: TransportPlan): void {
    this.log.push(`openTransport ${plan.transportId}`);
    if (this.transports.has(plan.transportId)) throw new Error(`transport ${plan.transportId} is open already`);
    this.transports.set(plan.transportId, structuredClone(plan));
    this.#usedSsrcs.set(plan.transportId, new Map());
  }

  restartIce(plan: IceRestartPlan): void {
    this.log.push(`restartIce ${plan.transportId}`);
    this.#requireTransport(plan.transportId);
    this.restarts.push(structuredClone(plan));
  }

  closeTransport(transportId: string): void {
    this.log.push(`closeTransport ${transportId}`);
    this.#requireTransport(transportId);
    this.#drop(transportId);
  }

  putPublisherTrack(plan: PublisherTrackPlan): void {
    this.log.push(`putPublisherTrack ${plan.trackId}`);
    this.#requireTransport(plan.transportId);
    this.publications.set(plan.trackId, structuredClone(plan));
  }

  removePublisherTrack(trackId: string): void {
    this.log.push(`removePublisherTrack ${trackId}`);
    if (!this.publications.delete(trackId)) throw new Error(`there is no publication ${trackId}`);
  }

  putSubscriberTrack(plan: SubscriberTrackPlan): void {
    this.log.push(`putSubscriberTrack ${plan.subscriptionId}`);
    this.#requireTransport(plan.transportId);
    if (plan.sourceTrackId !== undefined && !this.publications.has(plan.sourceTrackId)) {
      throw new Error(`subscription ${plan.subscriptionId} forwards ${plan.sourceTrackId}, which is not published`);
    }
    for (const ssrc of [plan.ssrc, plan.rtxSsrc]) if (ssrc !== undefined) this.#claimSsrc(plan, ssrc);
    this.subscriptions.set(plan.subscriptionId, structuredClone(plan));
  }

  removeSubscriberTrack(subscriptionId: string): void {
    this.log.push(`removeSubscriberTrack ${subscriptionId}`);
    if (!this.subscriptions.delete(subscriptionId)) throw new Error(`there is no subscription ${subscriptionId}`);
  }

  openDataChannel(transportId: string, request: DataChannelRequest): void {
    this.log.push(`openDataChannel ${transportId} ${request.label}`);
    this.channels.push({ transportId, request: structuredClone(request) });
  }

  sendData(transportId: string, streamId: number, data: Uint8Array | string): void {
    this.sentData.push({ transportId, streamId, data });
  }

  async linkStatistics(): Promise<readonly LinkStatistics[]> {
    return this.links;
  }

  async takeUsage(): Promise<readonly AccountUsage[]> {
    return this.usage.splice(0);
  }

  isAlive(): boolean {
    return !this.isClosed;
  }

  forgetHistories(): void {
    this.log.push('forgetHistories');
  }

  async inspect(): Promise<ShardInspection> {
    return {
      objects: {
        engine: {
          transports: this.transports.size,
          userFragments: this.transports.size,
          paths: 0,
          publisherTracks: this.publications.size,
          receiveStreams: 0,
          subscriberTracks: this.subscriptions.size,
          timers: 0,
          historyPackets: 0,
          historyBytes: 0,
          historySlabs: 0,
          outboxEntries: 0,
          linkChecks: 0,
        },
        secure: { endpoints: 0, handshakes: 0, sctpAssociations: 0, dataChannels: 0, outboundStreams: 0, keystreamPages: 0 },
        udp: { paths: 0, connectedSockets: 0, addressSlots: 0, queuedDatagrams: 0, queuedBytes: 0, waitingHandshakes: 0 },
      },
      traffic: { rtpPacketsReceived: 0, rtpBytesReceived: 0, rtpPacketsSent: 0, rtpBytesSent: 0, handshakesCompleted: 0 },
      drops: {},
      sends: {
        refused: { too_long: 0, unreachable: 0, forbidden: 0, nobody_there: 0, no_socket: 0, other: 0 },
        dropped: { video: 0, audio: 0, rtcp: 0, control: 0 },
      },
      discards: {
        dtls: { malformed: 0, plaintextRefused: 0, undecryptable: 0, replayed: 0 },
        srtp: { notKeyed: 0, malformed: 0, indexReused: 0 },
        sctp: { malformedPackets: 0, overflow: 0, refusedChannels: 0, strayMessages: 0 },
      },
    };
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  connect(transportId: string): void {
    this.listener.onConnectionState(transportId, 'connected');
  }

  /** The engine gives a transport up by itself. */
  lose(transportId: string, reason: TransportCloseReason): void {
    this.#drop(transportId);
    this.listener.onTransportClosed(transportId, reason);
  }

  subscriptionsOf(transportId: string): readonly SubscriberTrackPlan[] {
    return [...this.subscriptions.values()].filter((plan) => plan.transportId === transportId);
  }

  publicationsOf(transportId: string): readonly PublisherTrackPlan[] {
    return [...this.publications.values()].filter((plan) => plan.transportId === transportId);
  }

  #claimSsrc({ transportId, subscriptionId }: SubscriberTrackPlan, ssrc: number): void {
    const used = this.#usedSsrcs.get(transportId) ?? new Map<number, string>();
    const owner = used.get(ssrc);
    if (owner !== undefined && owner !== subscriptionId) throw new Error(`SSRC ${ssrc} of ${owner} is used again by ${subscriptionId}`);
    used.set(ssrc, subscriptionId);
  }

  #requireTransport(transportId: string): void {
    if (!this.transports.has(transportId)) throw new Error(`transport ${transportId} is not open`);
  }

  #drop(transportId: string): void {
    this.transports.delete(transportId);
    for (const plan of this.publicationsOf(transportId)) this.publications.delete(plan.trackId);
    for (const plan of this.subscriptionsOf(transportId)) this.subscriptions.delete(plan.subscriptionId);
  }
}
