/**
 * Decides which packets of a receive stream to ask for again, and when to stop asking.
 *
 * @see RFC 4585 §6.2.1 (generic NACK)
 */
import type { ExtendedSeq } from '@causeway/wire';
import { MissingPackets } from './missing-packets.ts';
import { ReorderGuard } from './reorder-guard.ts';

/** More than a second of loss at 500 packets a second: a keyframe is cheaper than that many retransmissions. */
const MAX_PENDING = 500;
const MAX_TRIES = 10;
/** Later than this no subscriber's jitter buffer still waits. */
const MAX_AGE_MS = 1000;
/** Where nothing can be asked for, what is missing may only have been overtaken: by far less than this. */
const MAX_AGE_UNASKED_MS = 100;
/** Under this a publisher's event loop and pacer, not the path, decide when the answer comes. */
const MIN_RTT_MS = 20;
/** Room for jitter, so that a request is not repeated while its answer is arriving. */
const RETRY_RTTS = 1.2;
/** Until one is known (mediasoup's figure). */
const DEFAULT_RTT_MS = 100;
/** Weight of a new sample in the smoothed round-trip time (RFC 6298 §2). */
const RTT_GAIN = 1 / 8;

export class NackGenerator {
  readonly #canAsk: boolean;
  readonly #maxAgeMs: number;
  readonly #missing = new MissingPackets();
  readonly #guard = new ReorderGuard();
  #highest = Number.NaN;
  /** Counts packets newer than all before. */
  #arrivals = 0;
  /** With this arrival the oldest packet not yet asked for has waited for enough newer ones. */
  #ripeAtArrival = Number.POSITIVE_INFINITY;
  #dueAtMs = Number.POSITIVE_INFINITY;
  #rttMs = DEFAULT_RTT_MS;
  #isRttMeasured = false;
  #keyframeSeq = Number.NEGATIVE_INFINITY;
  #gaveUpSeq = Number.NEGATIVE_INFINITY;

  /** @param canAsk the publisher sends again what it is asked for; else packets are only given up */
  constructor(canAsk = true) {
    this.#canAsk = canAsk;
    this.#maxAgeMs = canAsk ? MAX_AGE_MS : MAX_AGE_UNASKED_MS;
  }

  /** How many packets are missing and not given up. */
  get pending(): number {
    return this.#missing.count;
  }

  /** A packet was given up and no keyframe has begun after it: what depends on it cannot be decoded. Audio has no use for this. */
  get keyframeNeeded(): boolean {
    return this.#gaveUpSeq > this.#keyframeSeq;
  }

  /** Takes a packet in order of arrival; duplicates do no harm. */
  receive(nowMs: number, seq: ExtendedSeq, isKeyframeStart: boolean): void {
    if (isKeyframeStart && seq > this.#keyframeSeq) this.#keyframeSeq = seq;
    if (seq <= this.#highest) {
      this.#receiveLate(nowMs, seq);
      return;
    }
    this.#arrivals++;
    if (seq > this.#highest + 1) this.#miss(nowMs, seq);
    this.#highest = seq;
    if (this.#arrivals >= this.#ripeAtArrival) this.#dueAtMs = Math.min(this.#dueAtMs, nowMs);
  }

  /**
   * Takes a packet that is known to be a retransmission, because it came on an RTX stream (RFC 4588). How long it took
   * measures the round trip, which nothing else does for a peer that only publishes.
   */
  receiveRepair(nowMs: number, seq: ExtendedSeq, isKeyframeStart: boolean): void {
    const row = this.#missing.rowOf(seq);
    // After a second request it is not known which of the two was answered (Karn's rule, RFC 6298 §3).
    if (row >= 0 && this.#missing.tries[row] === 1) this.#sampleRtt(nowMs - this.#missing.askedAtMs[row]);
    if (row >= 0) this.#remove(nowMs, row);
    this.receive(nowMs, seq, isKeyframeStart);
  }

  /** Sets a round-trip time known from elsewhere; those measured on repairs refine it. */
  setRttMs(rttMs: number): void {
    this.#rttMs = rttMs;
    this.#isRttMeasured = true;
  }

  /** When `collect` is to be called; Infinity when nothing is missing or was given up. May be too early, never too late. */
  dueAt(): number {
    return this.#dueAtMs;
  }

  /**
   * Appends the packets to ask for now to `out`, oldest first, and counts them as asked for. Gives up those that were asked
   * for often enough or are too old.
   *
   * @returns how many were appended
   */
  collect(nowMs: number, out: ExtendedSeq[]): number {
    const missing = this.#missing;
    this.#giveUpOld(nowMs);
    let asked = 0;
    for (let row = 0; row < missing.count; ) {
      if (!this.#isDue(nowMs, row)) {
        row++;
      } else if (missing.tries[row] === MAX_TRIES) {
        this.#gaveUpSeq = Math.max(this.#gaveUpSeq, missing.seq[row]);
        missing.remove(row);
      } else {
        out.push(missing.seq[row] as ExtendedSeq);
        missing.tries[row]++;
        missing.askedAtMs[row] = nowMs;
        missing.dueAtMs[row] = nowMs + Math.max(this.#rttMs, MIN_RTT_MS) * RETRY_RTTS;
        asked++;
        row++;
      }
    }
    this.#planNext(nowMs);
    return asked;
  }

  /** @returns `keyframeNeeded`, which is false afterwards until more is given up */
  takeKeyframeNeeded(): boolean {
    const needed = this.keyframeNeeded;
    this.#gaveUpSeq = Number.NEGATIVE_INFINITY;
    return needed;
  }

  /** Notes that everything between the newest packet so far and `seq` is missing. */
  #miss(nowMs: number, seq: number): void {
    const missing = this.#missing;
    const gap = seq - this.#highest - 1;
    // What came before a keyframe only smooths over the time until it: the first to go when there is too much.
    if (missing.count + gap > MAX_PENDING) missing.removeBefore(this.#keyframeSeq);
    if (missing.count + gap > MAX_PENDING) {
      this.#giveUpAll(nowMs, seq - 1);
      return;
    }
    const dueAtMs = nowMs + (this.#canAsk ? this.#guard.delayMs(nowMs) : this.#maxAgeMs);
    for (let missed = this.#highest + 1; missed < seq; missed++) missing.add(missed, nowMs, this.#arrivals, dueAtMs);
    this.#dueAtMs = Math.min(this.#dueAtMs, dueAtMs);
    if (this.#canAsk) this.#ripeAtArrival = Math.min(this.#ripeAtArrival, this.#arrivals + this.#guard.newerPackets(nowMs) - 1);
  }

  #receiveLate(nowMs: number, seq: number): void {
    const missing = this.#missing;
    const row = missing.rowOf(seq);
    if (row < 0) return;
    const tries = missing.tries[row];
    // Too soon after the first request to be its answer: the packet was on its way all the time.
    const isUnasked = tries === 0 || (tries === 1 && nowMs - missing.askedAtMs[row] < this.#rttMs / 2);
    if (isUnasked) this.#guard.recordLate(nowMs, nowMs - missing.missedAtMs[row], this.#arrivals - missing.missedAtArrival[row] + 1);
    this.#remove(nowMs, row);
  }

  #remove(nowMs: number, row: number): void {
    this.#missing.remove(row);
    if (this.#missing.count === 0) this.#planNext(nowMs);
  }

  #isDue(nowMs: number, row: number): boolean {
    const missing = this.#missing;
    if (nowMs >= missing.dueAtMs[row]) return true;
    if (!this.#canAsk || missing.tries[row] > 0) return false;
    return this.#arrivals - missing.missedAtArrival[row] + 1 >= this.#guard.newerPackets(nowMs);
  }

  #giveUpOld(nowMs: number): void {
    const missing = this.#missing;
    let old = 0;
    // The same sum as in `#planNext`: subtracting instead could round to just before the deadline, for ever.
    while (old < missing.count && nowMs >= missing.missedAtMs[old] + this.#maxAgeMs) old++;
    if (old === 0) return;
    this.#gaveUpSeq = Math.max(this.#gaveUpSeq, missing.seq[old - 1]);
    missing.removeBefore(missing.seq[old - 1] + 1);
  }

  #giveUpAll(nowMs: number, throughSeq: number): void {
    this.#gaveUpSeq = throughSeq;
    this.#missing.count = 0;
    this.#dueAtMs = nowMs;
    this.#ripeAtArrival = Number.POSITIVE_INFINITY;
  }

  #planNext(nowMs: number): void {
    const missing = this.#missing;
    let dueAtMs = missing.count === 0 ? Number.POSITIVE_INFINITY : missing.missedAtMs[0] + this.#maxAgeMs;
    let ripeAtArrival = Number.POSITIVE_INFINITY;
    for (let row = missing.count - 1; row >= 0; row--) {
      dueAtMs = Math.min(dueAtMs, missing.dueAtMs[row]);
      if (this.#canAsk && missing.tries[row] === 0) ripeAtArrival = missing.missedAtArrival[row] + this.#guard.newerPackets(nowMs) - 1;
    }
    this.#dueAtMs = dueAtMs;
    this.#ripeAtArrival = ripeAtArrival;
  }

  #sampleRtt(sampleMs: number): void {
    this.#rttMs = this.#isRttMeasured ? this.#rttMs + (sampleMs - this.#rttMs) * RTT_GAIN : sampleMs;
    this.#isRttMeasured = true;
  }
}
