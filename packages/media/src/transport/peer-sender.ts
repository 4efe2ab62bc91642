/**
 * What is sent to one peer, and what the peer says came of it: transport-wide numbers, acknowledgements, the loss of the path, and the
 * estimate of what it carries, which decides nothing yet.
 *
 * @see draft-holmer-rmcat-transport-wide-cc-extensions-01
 */
import { type TransportFeedbackTaker, toSeq16, writeTransportSequence } from '@causeway/wire';
import { ArrivalClock } from '../congestion/acknowledgements.ts';
import type { AllocatedPath } from '../congestion/allocation/bandwidth-allocator.ts';
import { BandwidthEstimator } from '../congestion/bandwidth-estimator.ts';
import type { PacketStamper } from '../congestion/index.ts';
import { PathLoss } from '../congestion/path-loss.ts';
import { SentPackets } from '../congestion/sent-packets.ts';
import { DropReason } from '../drop-reason.ts';
import type { EngineContext } from '../engine-context.ts';
import type { EngineTime } from '../timers.ts';

/** What a packet of plain text takes up on the wire beyond its length: SRTP's tag, UDP and IPv4. */
const OVERHEAD_BYTES = 10 + 28;
const NO_PROBE = 0;

/** How the path of a peer is, by what the peer says of it. */
export interface PathEstimate {
  readonly targetBps: number;
  readonly acknowledgedBps: number;
  readonly isOverusing: boolean;
}

export class PeerSender implements PacketStamper, TransportFeedbackTaker, AllocatedPath {
  readonly #context: EngineContext;
  /** Made with the first packet that has a number. */
  #packets: SentPackets | undefined = undefined;
  /** Made with the first word of the peer about its path. */
  #estimator: BandwidthEstimator | undefined = undefined;
  #rttMs: number | undefined = undefined;
  #arrivalClock = new ArrivalClock();
  readonly #loss = new PathLoss();
  /** Whether the estimate limits what is sent. Not before paths are probed: without, it would never rise. */
  readonly isAdaptive: boolean = false;
  /** Of the RTCP packet that is being read. */
  #nowMs = 0;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  stamp(time: Readonly<EngineTime>, bytes: Uint8Array, offset: number, plainLength: number): void {
    this.#packets ??= new SentPackets(this.#context.random);
    const sequence = this.#packets.take(time.nowMs, plainLength + OVERHEAD_BYTES, NO_PROBE);
    writeTransportSequence(bytes, offset, toSeq16(sequence));
  }

  /** @returns what takes the feedback in an RTCP packet that has come now */
  takerAt(nowMs: number): TransportFeedbackTaker {
    this.#nowMs = nowMs;
    return this;
  }

  takeTransportFeedback(bytes: Uint8Array, offset: number, end: number): boolean {
    const { feedbackReader, acknowledgements, drops, traffic } = this.#context;
    if (!feedbackReader.read(bytes, offset, end)) return false;
    if (this.#packets === undefined || !acknowledgements.take(feedbackReader, this.#arrivalClock, this.#packets)) {
      drops.increment(DropReason.FeedbackOnUnsent);
      return true;
    }
    const { count, lost } = acknowledgements;
    this.#loss.note(this.#nowMs, count, lost);
    traffic.pathPacketsReceived += count;
    traffic.pathPacketsLost += lost;
    const estimator = this.#heardEstimator();
    estimator.onSent(this.#nowMs, this.#packets.bytesSent);
    estimator.onAcknowledged(this.#nowMs, acknowledgements);
    return true;
  }

  handleRemb(nowMs: number, bitrateBps: number): void {
    this.#heardEstimator().onRemb(nowMs, bitrateBps);
  }

  /**
   * Takes what a receiver report says of a stream.
   *
   * @param packets that it is about
   * @param bytesSent to the peer in all so far
   */
  handleReportedLoss(nowMs: number, packets: number, lossRatio: number, bytesSent: number): void {
    this.#heardEstimator().onReportedLoss(nowMs, packets, lossRatio, bytesSent);
  }

  noteRtt(rttMs: number): void {
    this.#rttMs = rttMs;
    this.#estimator?.onRtt(rttMs);
  }

  /** Once a second. */
  housekeep(nowMs: number): void {
    if (this.#packets !== undefined) this.#estimator?.onSent(nowMs, this.#packets.bytesSent);
    this.#estimator?.process(nowMs);
  }

  /** What was learned of another path is worth nothing here; numbers go on. */
  pathChanged(): void {
    this.#estimator = undefined;
  }

  /** Whether its packets carry transport-wide numbers. */
  get isNumbering(): boolean {
    return this.#packets !== undefined;
  }

  /** What the path has lost in the last second, 0 to 1; undefined as long as the peer does not report it. */
  lossRatio(nowMs: number): number | undefined {
    return this.#loss.ratio(nowMs);
  }

  /** Undefined: nothing is held back. */
  get budgetBps(): number | undefined {
    return this.isAdaptive ? this.#estimator?.targetBps : undefined;
  }

  get isOverusing(): boolean {
    return this.#estimator?.isOverusing === true;
  }

  isProven(_bitrateBps: number): boolean {
    return false;
  }

  setDemand(demandBps: number): void {
    this.#estimator?.setDemand(demandBps);
  }

  /** Undefined as long as the peer has said nothing of its path. */
  get estimate(): PathEstimate | undefined {
    if (this.#estimator === undefined) return undefined;
    const { targetBps, acknowledgedBps = 0, isOverusing } = this.#estimator;
    return { targetBps, acknowledgedBps, isOverusing };
  }

  #heardEstimator(): BandwidthEstimator {
    if (this.#estimator === undefined) {
      this.#estimator = new BandwidthEstimator(this.#context.random);
      if (this.#rttMs !== undefined) this.#estimator.onRtt(this.#rttMs);
    }
    return this.#estimator;
  }
}
