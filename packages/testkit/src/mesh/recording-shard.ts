import {
  type AccountUsage,
  createDataCounters,
  type DataChannelRequest,
  type DataSubscriptionStatistics,
  type EngineCommand,
  type EngineEventListener,
  type IceRestartPlan,
  type LinkStatistics,
  type PublisherTrackPlan,
  type QualitySample,
  type SubscriberTrackPlan,
  type TransportCloseReason,
  type TransportPlan,
  type TransportSnapshot,
} from '@causeway/media';
import type { Shard, ShardAnswers, ShardInspection, ShardQuestion } from '@causeway/sfu';

/** A shard that forwards no packets. It records commands, refuses those that an engine would refuse, and emits events on request. */
export class RecordingShard implements Shard {
  readonly fingerprint = { algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'AB').join(':') };
  readonly port = 8081;
  readonly shardCount = 1;
  readonly transports = new Map<string, TransportPlan>();
  readonly publications = new Map<string, PublisherTrackPlan>();
  readonly subscriptions = new Map<string, SubscriberTrackPlan>();
  readonly restarts: IceRestartPlan[] = [];
  /** Requested data channels; tests decide when they open. */
  readonly channels: { readonly transportId: string; readonly request: DataChannelRequest }[] = [];
  /** Commands about publications and subscriptions of data. */
  readonly dataCommands: EngineCommand[] = [];
  readonly sentData: { readonly transportId: string; readonly streamId: number; readonly data: Uint8Array | string }[] = [];
  /** The answer about subscriptions to data. */
  dataSubscriptions: DataSubscriptionStatistics[] = [];
  /** The answers about transports, by transport id. */
  readonly snapshots = new Map<string, TransportSnapshot>();
  /** The answers about the quality of transports, by id. */
  readonly qualities = new Map<string, readonly QualitySample[]>();
  /** The answer about links. */
  links: readonly LinkStatistics[] = [];
  /** The next answer about usage. */
  usage: AccountUsage[] = [];
  /** Commands in the order in which they came, such as `open-transport session-…`. */
  readonly log: string[] = [];
  isClosed = false;
  #listener: EngineEventListener | undefined;
  /** Used SSRCs by transport. Reusing one at another position of the key stream would be unsafe. */
  readonly #usedSsrcs = new Map<string, Map<number, string>>();

  get listener(): EngineEventListener {
    if (this.#listener === undefined) throw new Error('the shard has no listener');
    return this.#listener;
  }

  chooseShardNo(): number {
    return 0;
  }

  setListener(listener: EngineEventListener): void {
    this.#listener = listener;
  }

  send(command: EngineCommand): void {
    // Messages on data channels are in `sentData`.
    if (command.type !== 'send-data') this.log.push(summaryOf(command));
    switch (command.type) {
      case 'open-transport':
        this.#openTransport(command.plan);
        break;
      case 'restart-ice':
        this.#requireTransport(command.plan.transportId);
        this.restarts.push(structuredClone(command.plan));
        break;
      case 'end-answer-hold':
        this.#requireTransport(command.transportId);
        break;
      case 'close-transport':
        this.#requireTransport(command.transportId);
        this.#drop(command.transportId);
        break;
      case 'put-publisher-track':
        this.#requireTransport(command.plan.transportId);
        this.publications.set(command.plan.trackId, structuredClone(command.plan));
        break;
      case 'remove-publisher-track':
        if (!this.publications.delete(command.trackId)) throw new Error(`there is no publication ${command.trackId}`);
        break;
      case 'put-subscriber-track':
        this.#putSubscriberTrack(command.plan);
        break;
      case 'remove-subscriber-track':
        if (!this.subscriptions.delete(command.subscriptionId)) throw new Error(`there is no subscription ${command.subscriptionId}`);
        break;
      case 'open-data-channel':
        this.channels.push({ transportId: command.transportId, request: structuredClone(command.request) });
        break;
      case 'send-data': {
        const { transportId, streamId, data } = command;
        this.sentData.push({ transportId, streamId, data });
        break;
      }
      case 'set-data-peer':
      case 'close-data-channel':
      case 'put-data-publication':
      case 'remove-data-publication':
      case 'put-data-subscription':
      case 'remove-data-subscription':
      case 'publish-data':
      case 'reply-data':
        this.dataCommands.push(structuredClone(command));
        break;
      case 'forget-histories':
        break;
      default:
        command satisfies never;
    }
  }

  ask<Question extends ShardQuestion>(question: Question, transportId?: string): Promise<ShardAnswers[Question]>;
  async ask(question: ShardQuestion, transportId = ''): Promise<ShardAnswers[ShardQuestion]> {
    if (question === 'transport') return this.snapshots.get(transportId);
    if (question === 'quality') return this.qualities.get(transportId) ?? [];
    if (question === 'newest-quality') return this.qualities.get(transportId)?.at(-1);
    if (question === 'link-statistics') return this.links;
    if (question === 'data-statistics') return { publications: [], subscriptions: this.dataSubscriptions };
    return question === 'usage' ? this.usage.splice(0) : this.#inspection();
  }

  isAlive(): boolean {
    return !this.isClosed;
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  /** Clears the logs, for long simulations that do not use them. */
  forgetLogs(): void {
    this.log.length = 0;
    this.sentData.length = 0;
    this.dataCommands.length = 0;
  }

  connect(transportId: string): void {
    this.listener({ type: 'connection-state', transportId, state: 'connected' });
  }

  /** Simulates that the engine closes a transport. */
  lose(transportId: string, reason: TransportCloseReason): void {
    this.#drop(transportId);
    this.listener({ type: 'transport-closed', transportId, reason });
  }

  subscriptionsOf(transportId: string): readonly SubscriberTrackPlan[] {
    return [...this.subscriptions.values()].filter((plan) => plan.transportId === transportId);
  }

  publicationsOf(transportId: string): readonly PublisherTrackPlan[] {
    return [...this.publications.values()].filter((plan) => plan.transportId === transportId);
  }

  #openTransport(plan: TransportPlan): void {
    if (this.transports.has(plan.transportId)) throw new Error(`transport ${plan.transportId} is open already`);
    this.transports.set(plan.transportId, structuredClone(plan));
    this.#usedSsrcs.set(plan.transportId, new Map());
  }

  #putSubscriberTrack(plan: SubscriberTrackPlan): void {
    this.#requireTransport(plan.transportId);
    if (plan.sourceTrackId !== undefined && !this.publications.has(plan.sourceTrackId)) {
      throw new Error(`subscription ${plan.subscriptionId} forwards ${plan.sourceTrackId}, which is not published`);
    }
    for (const ssrc of [plan.ssrc, plan.rtxSsrc]) if (ssrc !== undefined) this.#claimSsrc(plan, ssrc);
    this.subscriptions.set(plan.subscriptionId, structuredClone(plan));
  }

  #inspection(): ShardInspection {
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
          associations: 0,
          dataChannels: 0,
          dataPublications: 0,
          dataSubscriptions: 0,
        },
        secure: { endpoints: 0, handshakes: 0, outboundStreams: 0, keystreamPages: 0 },
        udp: { paths: 0, connectedSockets: 0, addressSlots: 0, queuedDatagrams: 0, queuedBytes: 0, waitingHandshakes: 0 },
      },
      traffic: {
        rtpPacketsReceived: 0,
        rtpBytesReceived: 0,
        rtpPacketsSent: 0,
        rtpBytesSent: 0,
        packetsQueued: 0,
        probePacketsSent: 0,
        probeBytesSent: 0,
        pathPacketsReceived: 0,
        pathPacketsLost: 0,
        handshakesCompleted: 0,
      },
      metering: { countedPackets: 0, repeatedPackets: 0, chargedBytes: 0, judgedSubscriptions: 0, deviatingSubscriptions: 0 },
      latencies: { forward: { counts: [], sumMs: 0 }, firstFrame: { counts: [], sumMs: 0 } },
      estimates: { peers: 0, congestedPeers: 0, targetBps: 0, acknowledgedBps: 0 },
      drops: {},
      sends: {
        refused: { too_long: 0, unreachable: 0, forbidden: 0, nobody_there: 0, no_socket: 0, other: 0 },
        dropped: { video: 0, data: 0, audio: 0, rtcp: 0, control: 0 },
      },
      receives: { overflows: 0 },
      discards: {
        dtls: { malformed: 0, plaintextRefused: 0, undecryptable: 0, replayed: 0 },
        srtp: { notKeyed: 0, malformed: 0, indexReused: 0 },
        sctp: createDataCounters(),
      },
    };
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

/** @returns the command's type and subject: `open-transport session-…` */
function summaryOf(command: EngineCommand): string {
  switch (command.type) {
    case 'open-transport':
    case 'restart-ice':
    case 'set-data-peer':
      return `${command.type} ${command.plan.transportId}`;
    case 'close-transport':
    case 'end-answer-hold':
    case 'send-data':
    case 'close-data-channel':
      return `${command.type} ${command.transportId}`;
    case 'put-publisher-track':
      return `${command.type} ${command.plan.trackId}`;
    case 'remove-publisher-track':
      return `${command.type} ${command.trackId}`;
    case 'put-subscriber-track':
      return `${command.type} ${command.plan.subscriptionId}`;
    case 'remove-subscriber-track':
      return `${command.type} ${command.subscriptionId}`;
    case 'open-data-channel':
      return `${command.type} ${command.transportId} ${command.request.label}`;
    case 'put-data-publication':
      return `${command.type} ${command.plan.publicationId}`;
    case 'remove-data-publication':
    case 'publish-data':
      return `${command.type} ${command.publicationId}`;
    case 'put-data-subscription':
      return `${command.type} ${command.plan.subscriptionId}`;
    case 'remove-data-subscription':
    case 'reply-data':
      return `${command.type} ${command.subscriptionId}`;
    case 'forget-histories':
      return command.type;
  }
}
