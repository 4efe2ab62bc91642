/**
 * The forwarding engine of one shard, wired in the order in which a packet passes its parts. It does no I/O and reads no clock. Datagrams
 * and the time are passed in, and outgoing datagrams wait in the outbox until `flush`.
 */
import { RtpView } from '@causeway/wire';
import type { DataCounters } from './data/data-counters.ts';
import type { Path } from './demux/path.ts';
import { DropReason } from './drop-reason.ts';
import { createEngineContext, type DeferringTransport, type EngineContext, type EngineOptions } from './engine-context.ts';
import type { EngineAnswers, EngineCommand, EngineQuestion } from './engine-messages.ts';
import { EngineTracks } from './engine-tracks.ts';
import { EngineTransports } from './engine-transports.ts';
import type { HistogramCounts } from './latencies.ts';
import type { MeteringBalance } from './metering-balance.ts';
import { countWithin, type EngineCensus, measureLinks, snapshotTransport, sumEstimates } from './snapshot.ts';
import type { EngineSnapshot, PathEstimates, TrafficCounters } from './statistics.ts';

/** Forwards media and data between the peers of one shard. */
export class Engine {
  readonly #context: EngineContext;
  readonly #transports: EngineTransports;
  readonly #tracks: EngineTracks;
  readonly #deferred = new Set<DeferringTransport>();
  readonly #view = new RtpView();

  constructor(options: EngineOptions) {
    this.#context = createEngineContext(options, {
      defer: (transport) => this.#defer(transport),
      forgetDeferred: (transport) => this.#deferred.delete(transport),
      releasePath: (path) => this.#transports.releasePath(path),
      closeTransport: (nowMs, transport, reason) => this.#transports.expire(nowMs, transport, reason),
      ufragsChanged: (transportId, before, now) => this.#transports.reindex(transportId, before, now),
    });
    this.#tracks = new EngineTracks(this.#context);
    this.#transports = new EngineTransports(this.#context, this.#tracks);
  }

  /**
   * Announces RTP that will be passed to `handleDatagram` next, up to four packets at once, so that they can be processed together.
   * Optional; it only affects speed.
   */
  prepareRtp(path: Path, datagram: Uint8Array): void {
    path.transport?.prepareRtp(datagram);
  }

  /**
   * Takes one datagram. The engine owns its bytes from now on, but those of RTP and RTCP only until this returns; they are decrypted in
   * place.
   */
  handleDatagram(nowMs: number, path: Path, datagram: Uint8Array): void {
    this.#context.time.nowMs = nowMs;
    try {
      this.#dispatch(nowMs, path, datagram);
    } catch (error) {
      // This is a defect in the SFU. It costs the peer whose packet revealed it its session, rather than everyone the process.
      this.#context.drops.increment(DropReason.Defect);
      if (path.transport !== undefined) this.#context.onEvent({ type: 'defect', transportId: path.transport.id, error });
    }
    this.#handleDeferred(nowMs);
  }

  /** Counts a packet that the owner has dropped. */
  countDrop(reason: DropReason): void {
    this.#context.drops.increment(reason);
  }

  /**
   * Corrects the counters for a media packet that the sink has dropped.
   *
   * @param packet as it was handed to the sink
   */
  handleUnsent(path: Path, packet: Uint8Array): void {
    this.#context.outbox.noteUnsent(packet.length);
    path.transport?.handleUnsent(packet);
  }

  /** Call this when a full uplink is free again. Subscribers that have lost video need a keyframe. */
  uplinkFreed(nowMs: number): void {
    for (const transport of this.#transports.values()) blame(transport, () => transport.uplinkFreed(nowMs));
  }

  /** Does what is due. Call it at `nextDeadlineMs`, and after `onOutputReady`. */
  handleTimeout(nowMs: number): void {
    this.#context.time.nowMs = nowMs;
    this.#handleDeferred(nowMs);
    const { timers } = this.#context;
    if (timers.nextDeadlineMs <= nowMs) timers.fireDue(nowMs);
    this.#handleDeferred(nowMs);
  }

  /** When to call `handleTimeout` next; Infinity if there is no need to. */
  get nextDeadlineMs(): number {
    return this.#context.timers.nextDeadlineMs;
  }

  /** Protects and sends the output of this turn. */
  flush(nowMs: number): void {
    this.#context.time.nowMs = nowMs;
    this.#context.slots.flush();
  }

  /** Number of packets and datagrams that `flush` would send. */
  get waitingPackets(): number {
    return this.#context.outbox.size + this.#context.plainOutbox.size;
  }

  get hasOutput(): boolean {
    return !this.#context.outbox.isEmpty || !this.#context.plainOutbox.isEmpty;
  }

  /** Executes a command. Its output is sent with the next `flush`. */
  handleCommand(nowMs: number, command: EngineCommand): void {
    this.#context.time.nowMs = nowMs;
    switch (command.type) {
      case 'open-transport':
        this.#transports.open(nowMs, command.plan);
        break;
      case 'restart-ice':
        this.#transports.get(command.plan.transportId)?.ice.restart(command.plan.local, command.plan.remote);
        break;
      case 'end-answer-hold':
        this.#transports.get(command.transportId)?.ice.endHold();
        break;
      case 'close-transport':
        this.#transports.close(nowMs, command.transportId);
        break;
      case 'put-publisher-track':
        this.#tracks.putPublisher(nowMs, this.#transports.get(command.plan.transportId), command.plan);
        break;
      case 'remove-publisher-track':
        this.#tracks.removePublisher(nowMs, command.trackId);
        break;
      case 'put-subscriber-track':
        this.#tracks.putSubscriber(nowMs, this.#transports.get(command.plan.transportId), command.plan);
        break;
      case 'remove-subscriber-track':
        this.#tracks.removeSubscriber(nowMs, command.subscriptionId);
        break;
      case 'open-data-channel':
        this.#transports.get(command.transportId)?.openDataChannel(nowMs, command.request);
        break;
      case 'send-data':
        this.#transports.get(command.transportId)?.channels.send(nowMs, command.streamId, command.data);
        break;
      case 'set-data-peer':
        this.#context.data.setPeer(nowMs, command.plan);
        break;
      case 'close-data-channel':
        this.#context.data.closeChannel(nowMs, command.transportId, command.streamId);
        break;
      case 'put-data-publication':
        this.#context.data.putPublication(nowMs, command.plan);
        break;
      case 'remove-data-publication':
        this.#context.data.removePublication(nowMs, command.publicationId, command.keepsChannel === true ? 'keep' : 'close');
        break;
      case 'put-data-subscription':
        this.#context.data.putSubscription(nowMs, command.plan);
        break;
      case 'remove-data-subscription':
        this.#context.data.removeSubscription(nowMs, command.subscriptionId);
        break;
      case 'publish-data':
        this.#context.data.publish(nowMs, command.publicationId, command.data);
        break;
      case 'reply-data':
        this.#context.data.reply(nowMs, command.subscriptionId, command.data);
        break;
      case 'forget-histories':
        this.#tracks.forgetHistories();
        break;
      default:
        command satisfies never;
    }
  }

  /**
   * Answers a question, as of the last turn.
   *
   * @param transportId the transport, for questions about one
   */
  answer<Question extends EngineQuestion>(question: Question, transportId?: string): EngineAnswers[Question];
  answer(question: EngineQuestion, transportId = ''): EngineAnswers[EngineQuestion] {
    switch (question) {
      case 'link-statistics':
        return measureLinks(this.#transports.values());
      case 'usage':
        return this.#tracks.takeUsage();
      case 'data-statistics':
        return this.#context.data.statistics();
      case 'transport': {
        const transport = this.#transports.get(transportId);
        return transport && snapshotTransport(this.#context.time.nowMs, transport);
      }
      case 'quality':
        return this.#transports.get(transportId)?.quality?.read(this.#context.time.nowMs, this.#context.wallClockOffsetMs) ?? [];
      case 'newest-quality':
        return this.#transports.get(transportId)?.quality?.newest(this.#context.wallClockOffsetMs);
    }
  }

  /** Sets the path of a transport with `security: 'none'`; others find their paths on their own. Datagrams may arrive on it immediately. */
  bindPath(nowMs: number, transportId: string, path: Path): void {
    this.#transports.get(transportId)?.bindPath(path);
    this.#handleDeferred(nowMs);
  }

  /** Closes all transports, and tells their peers. */
  close(nowMs: number): void {
    this.#transports.closeAll(nowMs);
  }

  /** The sum of the estimates of all peers' paths. */
  pathEstimates(): PathEstimates {
    return sumEstimates(this.#transports.values());
  }

  /** A copy of counters and state, for statistics and for finding leaks. */
  snapshot(nowMs: number): EngineSnapshot {
    return {
      transports: Array.from(this.#transports.values(), (transport) => snapshotTransport(nowMs, transport)),
      publisherTracks: this.#tracks.publisherCount,
      subscriberTracks: this.#tracks.subscriberCount,
      timers: this.#context.timers.size,
      drops: this.#context.drops.snapshot(),
    };
  }

  /** Traffic of transports within the process so far. */
  get plainTraffic(): Readonly<TrafficCounters> {
    return this.#context.plainTraffic;
  }

  /** Traffic from and to the network so far. */
  get traffic(): Readonly<TrafficCounters> {
    return this.#context.traffic;
  }

  /** What was sent so far, as counted for billing; `traffic` has what left on the wire. */
  meteringBalance(): MeteringBalance {
    return this.#tracks.balance();
  }

  /** How long viewers waited for their first picture, so far. */
  firstFrames(): HistogramCounts {
    return this.#context.firstFrames.snapshot();
  }

  /** A copy of the numbers of packets dropped so far, by the name of the reason. */
  drops(): Readonly<Record<string, number>> {
    return this.#context.drops.snapshot();
  }

  /** What data channels have dropped so far, by cause. */
  get dataCounters(): Readonly<DataCounters> {
    return this.#context.dataCounters;
  }

  census(): EngineCensus {
    return {
      transports: this.#transports.size,
      userFragments: this.#transports.stun.userFragments,
      publisherTracks: this.#tracks.publisherCount,
      subscriberTracks: this.#tracks.subscriberCount,
      dataPublications: this.#context.data.publicationCount,
      dataSubscriptions: this.#context.data.subscriptionCount,
      timers: this.#context.timers.size,
      outboxEntries: this.#context.outbox.size + this.#context.plainOutbox.size,
      linkChecks: this.#context.checks.size,
      historySlabs: this.#context.packetMemory.slabsInUse,
      ...countWithin([...this.#transports.values()], this.#tracks.publishers),
    };
  }

  #dispatch(nowMs: number, path: Path, datagram: Uint8Array): void {
    const kind = classifyDatagram(datagram);
    if (kind === 'stun') this.#transports.stun.handleStun(nowMs, path, datagram);
    else if (kind === undefined) this.#context.drops.increment(DropReason.Unclassified);
    else if (path.transport === undefined)
      this.#context.drops.increment(kind === 'dtls' ? DropReason.DtlsFromUnvalidatedPath : DropReason.UnknownPath);
    else if (kind === 'rtp') path.transport.handleRtp(nowMs, path, datagram, this.#view);
    else if (kind === 'rtcp') path.transport.handleRtcp(nowMs, path, datagram);
    else path.transport.handleDtls(nowMs, path, datagram);
  }

  #defer(transport: DeferringTransport): void {
    this.#deferred.add(transport);
    this.#context.onOutputReady();
  }

  #handleDeferred(nowMs: number): void {
    if (this.#deferred.size === 0) return;
    const transports = [...this.#deferred];
    this.#deferred.clear();
    for (const transport of transports) blame(transport, () => transport.handleDeferred(nowMs));
  }
}

/** Runs an action for one of many transports. An exception is reported against that transport only. */
function blame(transport: Pick<DeferringTransport, 'reportDefect'>, act: () => void): void {
  try {
    act();
  } catch (error) {
    transport.reportDefect(error);
  }
}

export type DatagramKind = 'stun' | 'dtls' | 'rtp' | 'rtcp';

const RTCP_PACKET_TYPE_FIRST = 192;
const RTCP_PACKET_TYPE_LAST = 223;

/**
 * Determines the protocol of a datagram on the shared UDP port from its first two bytes.
 *
 * @see RFC 7983 §7 (first byte), RFC 5761 §4 (RTP or RTCP by the second)
 * @returns undefined if the datagram is too short, or of a protocol that is not supported on this port (ZRTP, TURN channels, unassigned
 *   ranges)
 */
export function classifyDatagram(datagram: Uint8Array): DatagramKind | undefined {
  if (datagram.length < 2) return undefined;
  const first = datagram[0];
  if (first <= 3) return 'stun';
  if (first >= 20 && first <= 63) return 'dtls';
  if (first < 128 || first > 191) return undefined;
  const second = datagram[1];
  return second >= RTCP_PACKET_TYPE_FIRST && second <= RTCP_PACKET_TYPE_LAST ? 'rtcp' : 'rtp';
}
