/**
 * Decides which packets of a receive stream to request again, and when to give up.
 *
 * @see RFC 4585 §6.2.1 (generic NACK)
 */
import type { ExtendedSeq } from '@causeway/wire';

/** More than a second of loss at 500 packets a second: a keyframe is cheaper than that many retransmissions. */
const MAX_PENDING = 500;
const MAX_TRIES = 10;
/** No subscriber's jitter buffer waits longer than this. */
const MAX_AGE_MS = 1000;
/** If nothing can be requested, a missing packet may only have been overtaken, and then it arrives much sooner than this. */
const MAX_AGE_UNASKED_MS = 100;
/** Below this, the time until the answer depends on the publisher's event loop and pacer rather than on the path. */
const MIN_RTT_MS = 20;
/** Leaves room for jitter, so that a request is not repeated while its answer arrives. */
const RETRY_RTTS = 1.2;
/** Used until a round-trip time is known. mediasoup uses the same value. */
const DEFAULT_RTT_MS = 100;
/** Weight of a new sample in the smoothed round-trip time (RFC 6298 §2). */
const RTT_GAIN = 1 / 8;

/** What limits requests for missing packets. */
export interface RepairLimits {
  /** How long a packet is requested. */
  readonly maxAgeMs?: number;
  /** Nothing is requested over a longer round trip, because the repair would come too late. */
  readonly maxRttMs?: number;
}

/** Audio is played out much sooner than video, and a repair that comes too late only makes the jitter buffer longer. */
export const AUDIO_REPAIR = { maxAgeMs: 250, maxRttMs: 100 } as const;

export class NackGenerator {
  readonly #canAsk: boolean;
  readonly #maxAgeMs: number;
  readonly #maxRttMs: number;
  readonly #missing = new MissingPackets();
  readonly #guard = new ReorderGuard();
  #highest = Number.NaN;
  /** Counts the packets that were newer than all before them. */
  #arrivals = 0;
  /** The count at which the oldest packet not yet requested has been overtaken by enough newer ones. */
  #ripeAtArrival = Number.POSITIVE_INFINITY;
  #dueAtMs = Number.POSITIVE_INFINITY;
  #rttMs = DEFAULT_RTT_MS;
  #isRttMeasured = false;
  #keyframeSeq = Number.NEGATIVE_INFINITY;
  #gaveUpSeq = Number.NEGATIVE_INFINITY;

  /** @param canAsk whether the publisher retransmits packets on request; if not, missing packets are only given up */
  constructor(canAsk = true, { maxAgeMs = MAX_AGE_MS, maxRttMs = Number.POSITIVE_INFINITY }: RepairLimits = {}) {
    this.#canAsk = canAsk;
    this.#maxAgeMs = canAsk ? maxAgeMs : MAX_AGE_UNASKED_MS;
    this.#maxRttMs = maxRttMs;
  }

  /** How many packets are missing and not given up. */
  get pending(): number {
    return this.#missing.count;
  }

  /**
   * Whether a packet was given up and no keyframe has started since, so that packets which depend on it cannot be decoded. Irrelevant for
   * audio.
   */
  get keyframeNeeded(): boolean {
    return this.#gaveUpSeq > this.#keyframeSeq;
  }

  /** Takes a packet in order of arrival. Duplicates are harmless. */
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
   * Takes a packet that is known to be a retransmission because it arrived on an RTX stream (RFC 4588). The time since its request is a
   * round-trip sample, the only one available from a peer that only publishes.
   */
  receiveRepair(nowMs: number, seq: ExtendedSeq, isKeyframeStart: boolean): void {
    const row = this.#missing.rowOf(seq);
    // After a second request it is unknown which of the two was answered (Karn's rule, RFC 6298 §3).
    if (row >= 0 && this.#missing.tries[row] === 1) this.#sampleRtt(nowMs - this.#missing.askedAtMs[row]);
    if (row >= 0) this.#remove(nowMs, row);
    this.receive(nowMs, seq, isKeyframeStart);
  }

  /** Sets a round-trip time measured elsewhere. Samples from retransmissions refine it. */
  setRttMs(rttMs: number): void {
    this.#rttMs = rttMs;
    this.#isRttMeasured = true;
  }

  /** When to call `collect` next; Infinity if nothing is missing or was given up. May be too early, but never too late. */
  dueAt(): number {
    return this.#dueAtMs;
  }

  /**
   * Appends the packets to request now to `out`, oldest first, and counts the request. Gives up packets that are too old or were requested
   * often enough.
   *
   * @returns how many were appended
   */
  collect(nowMs: number, out: ExtendedSeq[]): number {
    const missing = this.#missing;
    if (this.#rttMs > this.#maxRttMs && missing.count > 0) this.#giveUpAll(nowMs, this.#highest);
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

  /** @returns `keyframeNeeded`, and resets it until another packet is given up */
  takeKeyframeNeeded(): boolean {
    const needed = this.keyframeNeeded;
    this.#gaveUpSeq = Number.NEGATIVE_INFINITY;
    return needed;
  }

  /** Adds all packets between the newest one and `seq` to the missing ones. */
  #miss(nowMs: number, seq: number): void {
    const missing = this.#missing;
    const gap = seq - this.#highest - 1;
    // A packet before the newest keyframe only matters for the pictures up to that keyframe, so these are given up first.
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
    // If the packet comes too soon after the first request to be its answer, it was on its way all the time.
    const isUnasked = tries === 0 || (tries === 1 && nowMs - missing.askedAtMs[row] < this.#rttMs / 2);
    if (isUnasked) this.#guard.recordLate(nowMs, nowMs - missing.missedAtMs[row], this.#arrivals - missing.missedAtArrival[row] + 1);
    // Without RTX, this is the only round-trip sample of a peer that only publishes audio, whose repairs depend on it.
    else if (tries === 1 && this.#maxRttMs < Number.POSITIVE_INFINITY) this.#sampleRtt(nowMs - missing.askedAtMs[row]);
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
    // This has to be the same sum as in `#planNext`: a subtraction could round to just before the deadline, again and again.
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

/**
 * The packets that a receive stream waits for, as parallel columns sorted by sequence number. Rows are only added at the end, because every
 * gap is revealed by a packet that is newer than all others.
 */
const INITIAL_CAPACITY = 32;

export class MissingPackets {
  /** Rows `0 … count-1` of the columns are in use. */
  count = 0;
  seq!: Float64Array;
  /** When the gap was revealed. */
  missedAtMs!: Float64Array;
  /** How many packets newer than all before them had arrived by then, including the one that revealed the gap. */
  missedAtArrival!: Float64Array;
  /** When the packet is to be requested next. */
  dueAtMs!: Float64Array;
  /** When it was last requested; only valid if `tries` is not 0. */
  askedAtMs!: Float64Array;
  tries!: Uint8Array;

  constructor() {
    this.#allocate(INITIAL_CAPACITY);
  }

  add(seq: number, missedAtMs: number, missedAtArrival: number, dueAtMs: number): void {
    if (this.count === this.seq.length) this.#grow();
    const row = this.count++;
    this.seq[row] = seq;
    this.missedAtMs[row] = missedAtMs;
    this.missedAtArrival[row] = missedAtArrival;
    this.dueAtMs[row] = dueAtMs;
    this.tries[row] = 0;
  }

  /** @returns -1 if the packet is not missing */
  rowOf(seq: number): number {
    const row = this.#firstRowFrom(seq);
    return row < this.count && this.seq[row] === seq ? row : -1;
  }

  remove(row: number): void {
    this.#moveRows(row + 1, row);
  }

  /** Removes the packets with lower sequence numbers. */
  removeBefore(seq: number): void {
    this.#moveRows(this.#firstRowFrom(seq), 0);
  }

  #firstRowFrom(seq: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.seq[middle] < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Moves the rows from `from` to the last so that they start at `to`. The rows in between are overwritten. */
  #moveRows(from: number, to: number): void {
    if (from === to) return;
    this.seq.copyWithin(to, from, this.count);
    this.missedAtMs.copyWithin(to, from, this.count);
    this.missedAtArrival.copyWithin(to, from, this.count);
    this.dueAtMs.copyWithin(to, from, this.count);
    this.askedAtMs.copyWithin(to, from, this.count);
    this.tries.copyWithin(to, from, this.count);
    this.count -= from - to;
  }

  #allocate(capacity: number): void {
    this.seq = new Float64Array(capacity);
    this.missedAtMs = new Float64Array(capacity);
    this.missedAtArrival = new Float64Array(capacity);
    this.dueAtMs = new Float64Array(capacity);
    this.askedAtMs = new Float64Array(capacity);
    this.tries = new Uint8Array(capacity);
  }

  #grow(): void {
    const { seq, missedAtMs, missedAtArrival, dueAtMs, askedAtMs, tries } = this;
    this.#allocate(seq.length * 2);
    this.seq.set(seq);
    this.missedAtMs.set(missedAtMs);
    this.missedAtArrival.set(missedAtArrival);
    this.dueAtMs.set(dueAtMs);
    this.askedAtMs.set(askedAtMs);
    this.tries.set(tries);
  }
}

/**
 * How long to wait for a missing packet before it is requested: briefly while the path keeps packets in order, and longer for a while after
 * it has not. A request that is too early costs the publisher a needless retransmission; one that is too late delays every subscriber.
 */
const MIN_DELAY_MS = 5;
/** Jitter of 30 ms delays a packet by about this much. */
const MAX_DELAY_MS = 40;
/** The next reordered packet may be this many times later than the latest so far. */
const DELAY_MARGIN = 1.5;
/** On a path that keeps order, three newer packets indicate a loss, as in TCP (RFC 5681 §3.2). */
const NEWER_PACKETS = 3;
/** How long a reordered packet is remembered. */
const MEMORY_MS = 10_000;

export class ReorderGuard {
  #delayMs = MIN_DELAY_MS;
  #newerPackets = NEWER_PACKETS;
  #forgetAtMs = Number.NEGATIVE_INFINITY;

  /** How long to wait before the first request. */
  delayMs(nowMs: number): number {
    return nowMs < this.#forgetAtMs ? this.#delayMs : MIN_DELAY_MS;
  }

  /** After how many newer packets to stop waiting; Infinity while the path is known to reorder by more than that. */
  newerPackets(nowMs: number): number {
    return nowMs < this.#forgetAtMs ? this.#newerPackets : NEWER_PACKETS;
  }

  /**
   * Records a packet that arrived late without having been requested.
   *
   * @param latenessMs time since a newer packet revealed the gap
   * @param overtakenBy how many newer packets arrived before it
   */
  recordLate(nowMs: number, latenessMs: number, overtakenBy: number): void {
    const delayMs = Math.min(MAX_DELAY_MS, latenessMs * DELAY_MARGIN);
    this.#delayMs = Math.max(this.delayMs(nowMs), delayMs);
    this.#newerPackets = overtakenBy >= NEWER_PACKETS ? Number.POSITIVE_INFINITY : this.newerPackets(nowMs);
    this.#forgetAtMs = nowMs + MEMORY_MS;
  }
}
