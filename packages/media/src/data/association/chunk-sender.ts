/**
 * The sending half of an association. It splits messages into chunks, and sends chunks until they have arrived or are given up.
 *
 * @see RFC 9260 §6.1, §6.3, §7, RFC 8985 (RACK-TLP)
 */
import { type SackView, SCTP_HEADER_LENGTH, tsnDistance } from '@causeway/wire';
import { Arrivals } from './arrivals.ts';
import type { RateLimit } from './association-limits.ts';
import { CongestionWindow, ProportionalReduction, QueueingDelay } from './congestion-window.ts';
import { ForwardPoint } from './forward-point.ts';
import { LossDetector, TailProbe } from './loss-detection.ts';
import type { MessageToSend, OutgoingMessage } from './outgoing-message.ts';
import { ChunkWriter, MAX_PACKET_BYTES, type OutgoingPacket } from './outgoing-packet.ts';
import { ChunkState, OutstandingChunks } from './outstanding-chunks.ts';
import { PendingMessages } from './pending-messages.ts';
import { RoundTrip } from './round-trip.ts';

export interface ChunkSenderOptions {
  readonly initialTsn: number;
  /** The peer's initial receive window. */
  readonly peerWindowBytes: number;
  /** Whether RFC 8260 was agreed on. */
  readonly isInterleaved: boolean;
  /** Whether RFC 3758 was agreed on. */
  readonly canAbandon: boolean;
  readonly maxFlightBytes: number;
  readonly maxQueueMs: number;
  /** Default: no limit. */
  readonly rate?: RateLimit;
}

const UNLIMITED: RateLimit = { maxBps: Number.POSITIVE_INFINITY };
/** Assumed until it is measured. */
const INITIAL_RTT_MS = 100;
/** Timers and the event loop are no more precise. */
const MIN_RTT_MS = 10;

const FULL_PACKET_BYTES = MAX_PACKET_BYTES - SCTP_HEADER_LENGTH;

export class ChunkSender {
  readonly roundTrip = new RoundTrip();
  readonly #chunks: OutstandingChunks;
  readonly #writer: ChunkWriter;
  readonly #forward: ForwardPoint;
  readonly #messages: PendingMessages;
  readonly #window = new CongestionWindow(FULL_PACKET_BYTES);
  readonly #reduction = new ProportionalReduction(FULL_PACKET_BYTES);
  readonly #maxFlightBytes: number;
  readonly #maxQueueMs: number;
  readonly #rate: RateLimit;
  readonly #delay = new QueueingDelay();
  /** Whether packets wait in a queue on the path, so that the window must not grow. */
  #isQueueing = false;
  readonly #losses: LossDetector;
  readonly #probe: TailProbe;
  readonly #arrivals: Arrivals;
  #peerWindowBytes: number;
  /** Whether only the congestion window limited the last `fill`. Several acknowledgements may arrive between two calls of `fill`. */
  #isWindowFull = false;
  /** Recovery ends when this chunk is acknowledged. */
  #recoveryTsn: number | undefined;
  /** When T3-rtx expires. */
  #timeoutAtMs = Number.POSITIVE_INFINITY;
  #lastSentAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: ChunkSenderOptions) {
    const { initialTsn, isInterleaved, canAbandon, peerWindowBytes, maxFlightBytes, maxQueueMs, rate = UNLIMITED } = options;
    this.#rate = rate;
    this.#maxFlightBytes = maxFlightBytes;
    this.#maxQueueMs = maxQueueMs;
    const chunks = new OutstandingChunks(initialTsn);
    this.#chunks = chunks;
    this.#writer = new ChunkWriter(chunks, isInterleaved);
    this.#forward = new ForwardPoint(chunks, isInterleaved);
    this.#messages = new PendingMessages({ chunks, forward: this.#forward, isInterleaved, canAbandon });
    this.#losses = new LossDetector(chunks, this.roundTrip, (tsn) => this.#handleLoss(tsn));
    this.#probe = new TailProbe(chunks, this.roundTrip);
    const { roundTrip } = this;
    this.#arrivals = new Arrivals({
      chunks,
      messages: this.#messages,
      losses: this.#losses,
      probe: this.#probe,
      roundTrip,
      onRoundTrip: (nowMs, rttMs) => this.#handleRoundTrip(nowMs, rttMs),
    });
    this.#peerWindowBytes = peerWindowBytes;
  }

  /** Bytes of messages that have neither arrived nor been given up, including overhead. */
  get bufferedBytes(): number {
    return this.#messages.bufferedBytes;
  }

  /** The last TSN assigned to a chunk, as it is on the wire. */
  get lastTsn(): number {
    return (this.#chunks.nextTsn - 1) >>> 0;
  }

  /** Whether everything has arrived or was given up. */
  get isIdle(): boolean {
    return this.#chunks.size === 0 && this.#messages.queue.isEmpty;
  }

  hasQueued(streamId: number): boolean {
    return this.#messages.queue.hasMessages(streamId);
  }

  setPriority(streamId: number, priority: number): void {
    this.#messages.queue.setPriority(streamId, priority);
  }

  resetStream(streamId: number): void {
    this.#messages.queue.resetStream(streamId);
  }

  dropStale(nowMs: number, streamId: number): void {
    this.#messages.dropStale(nowMs, streamId);
  }

  dropOldest(streamId: number): boolean {
    return this.#messages.dropOldest(streamId);
  }

  push(message: MessageToSend): void {
    this.#messages.push(message);
  }

  /** When to call `handleTimeout` next. */
  get nextDeadlineMs(): number {
    return Math.min(this.#timeoutAtMs, this.#probe.deadlineMs, this.#losses.deadlineMs, this.#messages.nextExpiryMs);
  }

  handleTimeout(nowMs: number): void {
    if (this.#messages.nextExpiryMs <= nowMs) this.#messages.expire(nowMs);
    if (this.#losses.deadlineMs <= nowMs) this.#findLost(nowMs, 0);
    if (this.#timeoutAtMs <= nowMs) this.#handleRetransmissionTimeout(nowMs);
    else if (this.#probe.deadlineMs <= nowMs) this.#beginProbe(nowMs);
  }

  /**
   * Handles an acknowledgement.
   *
   * @returns false if it acknowledges a TSN that was never sent
   */
  handleSack(nowMs: number, sack: SackView): boolean {
    const chunks = this.#chunks;
    const before = chunks.firstTsn - 1;
    const cumulativeTsn = before + tsnDistance(before >>> 0, sack.cumulativeTsn);
    const highestTsn = cumulativeTsn + (sack.gapBlockCount > 0 ? sack.gapEnd(sack.gapBlockCount - 1) : 0);
    if (highestTsn >= chunks.nextTsn) return false;
    // This SACK was overtaken by a later one.
    if (cumulativeTsn < before) return true;
    const flightBefore = chunks.flightBytes;
    const arrivedBefore = this.#arrivals.totalBytes;
    const ackedBytes = this.#arrivals.ackUpTo(nowMs, cumulativeTsn);
    const ackedBehindGaps = this.#arrivals.ackGapBlocks(nowMs, sack, cumulativeTsn);
    if (this.#arrivals.takeRepaired()) this.#beginRecovery();
    if (sack.duplicateCount > 0) this.#losses.noteDuplicate();
    this.#peerWindowBytes = Math.max(0, sack.windowBytes - chunks.flightBytes);
    const hasAdvanced = cumulativeTsn > before;
    if (hasAdvanced) this.#handleAdvance(nowMs, ackedBytes, flightBefore);
    if (hasAdvanced || ackedBehindGaps > 0) {
      this.#probe.noteProgress();
      this.#findLost(nowMs, ackedBehindGaps);
      if (this.#recoveryTsn !== undefined) this.#reduction.noteArrived(this.#arrivals.totalBytes - arrivedBefore, chunks.flightBytes);
      this.#probe.arm(nowMs);
    }
    this.#forward.advance();
    this.#forward.noteSack(nowMs, this.roundTrip.smoothedMs ?? 0);
    return true;
  }

  /** Handles the cumulative TSN in a SHUTDOWN, which contains nothing else. */
  handleCumulativeTsn(nowMs: number, tsn: number): void {
    const before = this.#chunks.firstTsn - 1;
    const cumulativeTsn = before + tsnDistance(before >>> 0, tsn);
    if (cumulativeTsn <= before || cumulativeTsn >= this.#chunks.nextTsn) return;
    this.#handleAdvance(nowMs, this.#arrivals.ackUpTo(nowMs, cumulativeTsn), 0);
  }

  /** Whether `fill` would add anything to an empty packet. */
  wantsToSend(nowMs: number): boolean {
    if (this.#forward.isDue || this.#probe.pending !== 'none') return true;
    if (this.#chunks.lostCount > 0) return this.#mayBeInFlight();
    const message = this.#chunks.isFull ? undefined : this.#messages.next(nowMs);
    return message !== undefined && this.#mayBeInFlight() && this.#fitsPeer(message);
  }

  /** Adds to the packet what fits and may be sent: FORWARD-TSN, a probe, then lost chunks or new data. */
  fill(nowMs: number, packet: OutgoingPacket): void {
    const { flightBytes } = this.#chunks;
    if (flightBytes === 0 && this.#lastSentAtMs + this.roundTrip.rtoMs < nowMs) this.#window.restartAfterIdle();
    if (this.#forward.isDue && this.#forward.write(nowMs, packet)) this.#armTimeout(nowMs);
    this.#repeatProbed(nowMs, packet);
    // A packet never has both lost chunks and new data. Some receivers reject a packet whose TSNs are far apart, and then lose the chunks
    // that they need most.
    if (this.#chunks.lostCount > 0 && !this.#isUrgent()) this.#fillLost(nowMs, packet);
    else this.#fillNew(nowMs, packet);
  }

  /** Sends all chunks again. The first data travels with COOKIE ECHO, and is repeated with it. */
  repeatAll(): void {
    this.#loseFlight();
    this.#timeoutAtMs = Number.POSITIVE_INFINITY;
    this.#probe.cancel();
  }

  #handleAdvance(nowMs: number, ackedBytes: number, flightBefore: number): void {
    this.roundTrip.endBackOff();
    if (this.#recoveryTsn !== undefined && this.#chunks.firstTsn > this.#recoveryTsn) {
      this.#recoveryTsn = undefined;
      this.#losses.noteRecoveryEnded();
    }
    const wasFull = this.#isWindowFull || flightBefore >= this.#window.bytes;
    if (this.#recoveryTsn === undefined && wasFull && ackedBytes > 0 && !this.#isQueueing) this.#window.grow(ackedBytes);
    this.#timeoutAtMs = Number.POSITIVE_INFINITY;
    if (this.#chunks.size > 0) this.#armTimeout(nowMs);
  }

  /**
   * Keeps the queue in front of a narrow link short, if that is wanted. While the delay is between half of the limit and the limit, the
   * window stays as it is.
   */
  #handleRoundTrip(nowMs: number, rttMs: number): void {
    if (this.#maxQueueMs === Number.POSITIVE_INFINITY) return;
    const delayMs = this.#delay.note(nowMs, rttMs);
    if (delayMs === undefined) return;
    this.#isQueueing = delayMs > this.#maxQueueMs / 2;
    if (this.#isQueueing) this.#window.endSlowStart();
    if (delayMs <= this.#maxQueueMs || this.#recoveryTsn !== undefined) return;
    const { baseMs } = this.#delay;
    this.#window.reduceForDelay((baseMs + this.#maxQueueMs / 2) / (baseMs + delayMs));
  }

  #findLost(nowMs: number, ackedBehindGaps: number): void {
    this.#losses.findLost(nowMs, this.#recoveryTsn !== undefined, ackedBehindGaps);
  }

  /** Handles a lost chunk. The window is reduced once for all chunks that were in flight with it. */
  #handleLoss(tsn: number): void {
    this.#beginRecovery();
    this.#lose(tsn);
  }

  #beginRecovery(): void {
    if (this.#recoveryTsn !== undefined) return;
    this.#window.reduceAfterLoss();
    this.#reduction.begin(this.#chunks.flightBytes, this.#window.bytes);
    this.#recoveryTsn = this.#chunks.nextTsn - 1;
  }

  #lose(tsn: number): void {
    this.#chunks.markLost(tsn);
    this.#messages.noteLost(tsn);
  }

  /**
   * Handles the expiry of T3-rtx, after nothing has been acknowledged for a long time. Everything in flight counts as lost, and the window
   * restarts with one packet.
   */
  #handleRetransmissionTimeout(nowMs: number): void {
    this.#window.reduceAfterTimeout();
    this.roundTrip.backOff();
    this.#recoveryTsn = undefined;
    this.#probe.cancel();
    this.#loseFlight();
    this.#forward.advance();
    this.#forward.repeat();
    if (this.#chunks.lostCount === 0 && !this.#forward.isDue) this.#takeBackGapAcks();
    this.#timeoutAtMs = this.#chunks.size > 0 ? nowMs + this.roundTrip.rtoMs : Number.POSITIVE_INFINITY;
  }

  #loseFlight(): void {
    const chunks = this.#chunks;
    for (let tsn = chunks.firstTsn; tsn < chunks.nextTsn; tsn++) if (chunks.state(tsn) === ChunkState.inFlight) this.#lose(tsn);
  }

  /**
   * Marks chunks behind a gap as lost. The receiver may have discarded chunks that it had acknowledged there (RFC 9260 §6.2), and nothing
   * else can be missing.
   */
  #takeBackGapAcks(): void {
    const chunks = this.#chunks;
    for (let tsn = chunks.firstTsn; tsn < chunks.nextTsn; tsn++) if (chunks.state(tsn) === ChunkState.acked) this.#lose(tsn);
  }

  #beginProbe(nowMs: number): void {
    const message = this.#chunks.isFull ? undefined : this.#messages.next(nowMs);
    this.#probe.begin(message !== undefined && this.#fitsPeer(message));
    if (this.#probe.pending !== 'none') this.#timeoutAtMs = nowMs + this.roundTrip.rtoMs;
  }

  #repeatProbed(nowMs: number, packet: OutgoingPacket): void {
    const tsn = this.#probe.tsnToRepeat;
    if (tsn === undefined || !this.#writer.hasRoomFor(tsn, packet)) return;
    this.#probe.noteRepeated(tsn);
    this.#chunks.sendAgain(nowMs, tsn);
    this.#writer.write(tsn, packet, 'immediate');
    this.#lastSentAtMs = nowMs;
  }

  #fillLost(nowMs: number, packet: OutgoingPacket): void {
    const chunks = this.#chunks;
    while (chunks.lostCount > 0 && this.#mayBeInFlight()) {
      const tsn = chunks.firstLost();
      if (!this.#writer.hasRoomFor(tsn, packet)) return;
      chunks.sendAgain(nowMs, tsn);
      this.#reduction.noteSent(chunks.length(tsn));
      this.#writer.write(tsn, packet, chunks.lostCount === 0 ? 'immediate' : 'delayed');
      this.#noteSent(nowMs);
    }
  }

  #fillNew(nowMs: number, packet: OutgoingPacket): void {
    const { queue } = this.#messages;
    this.#isWindowFull = false;
    while (!this.#chunks.isFull) {
      const message = this.#messages.next(nowMs);
      if (message === undefined || !this.#fitsPeer(message)) break;
      if (this.#probe.pending === 'none' && !this.#mayBeInFlight()) {
        this.#isWindowFull = this.#chunks.flightBytes < this.#rateBytes;
        break;
      }
      const lengthBytes = this.#writer.fragmentLength(message, packet);
      if (lengthBytes === 0) return;
      if (message.fragments === 0) queue.number(message);
      const tsn = this.#chunks.add(nowMs, message, lengthBytes);
      this.#messages.consume(message, lengthBytes);
      this.#reduction.noteSent(lengthBytes);
      this.#peerWindowBytes -= Math.min(lengthBytes, this.#peerWindowBytes);
      this.#writer.write(tsn, packet, this.#isLastForNow() ? 'immediate' : 'delayed');
      this.#probe.pending = 'none';
      this.#noteSent(nowMs);
    }
    // A probe for new data that finds none is dropped.
    if (this.#probe.pending === 'new-data') this.#probe.pending = 'none';
  }

  /**
   * Whether an urgent message is to be sent before all lost chunks have been. Nodes choose routes according to whether links deliver such
   * messages. The congestion window limits both alike.
   */
  #isUrgent(): boolean {
    return this.#messages.queue.hasUrgent && !this.#chunks.isFull && this.#mayBeInFlight();
  }

  /** Whether the chunk just written is the last for now, so that nothing after it would make the peer answer. */
  #isLastForNow(): boolean {
    const next = this.#messages.queue.peek();
    return next === undefined || !this.#fitsPeer(next) || !this.#mayBeInFlight() || this.#probe.pending !== 'none';
  }

  /**
   * Whether the next fragment fits the peer's window. One chunk may always be in flight, which is how a window of zero is probed (RFC 9260
   * §6.1 A).
   */
  #fitsPeer(message: OutgoingMessage): boolean {
    if (this.#chunks.flightBytes === 0) return true;
    const restBytes = message.data.length - message.sentBytes;
    return Math.min(restBytes, MAX_PACKET_BYTES) <= this.#peerWindowBytes;
  }

  #mayBeInFlight(): boolean {
    const { flightBytes } = this.#chunks;
    const limitBytes = this.#recoveryTsn === undefined ? this.#window.bytes : this.#reduction.limitBytes;
    return flightBytes === 0 || flightBytes < Math.min(limitBytes, this.#maxFlightBytes, this.#rateBytes);
  }

  /** How many bytes in flight result in the rate that is allowed at present. */
  get #rateBytes(): number {
    const { maxBps } = this.#rate;
    if (maxBps === Number.POSITIVE_INFINITY) return maxBps;
    return (maxBps * Math.max(this.roundTrip.smoothedMs ?? INITIAL_RTT_MS, MIN_RTT_MS)) / 8000;
  }

  #noteSent(nowMs: number): void {
    this.#lastSentAtMs = nowMs;
    this.#armTimeout(nowMs);
    this.#probe.arm(nowMs);
  }

  #armTimeout(nowMs: number): void {
    if (this.#timeoutAtMs === Number.POSITIVE_INFINITY) this.#timeoutAtMs = nowMs + this.roundTrip.rtoMs;
  }
}
