/**
 * Evaluates probes: how fast their packets and the media in between got through for a moment, and whether they were delayed more at the end
 * than at the start. A busy machine delays packets too, so a few delayed packets do not decide.
 */
import type { ProbeOrder } from './probe-plan.ts';

/** The share of a probe that must have arrived before it is evaluated … */
const MIN_SHARE = 0.8;
/** … and the number of packets. */
const MIN_PACKETS = 10;
/** If packets are delayed more and more, and the rate is below this share of the ordered one, the limit of the path is found … */
const LIMIT_FOUND_BELOW = 0.9;
/** … and slightly below that rate there is room. */
const BELOW_LIMIT = 0.9;
/** The packet with the shortest transit time, within this share of the time at either end, shows the delay of the path there. */
const END_SHARE = 0.34;
/**
 * The last packets of a probe may have been held up, so the rate is also computed for each earlier point from this share of the bytes on.
 */
const COUNTED_FROM = 0.9;
/** A probe that reached this share of its rate was not delayed by the path, but by media in between. */
const COMPLETE = 0.97;
/** Below this share of the ordered rate, there is no doubt that the path is narrow. */
const NARROW = 0.5;
/** Packets that arrive within less than this share of the time in which they were sent were held up by a machine. */
const COMPRESSED = 0.5;
/** A shorter interval is not meaningful with clocks of 0.25 ms resolution. */
const MIN_INTERVAL_MS = 5;
const MAX_INTERVAL_MS = 500;
/** How many packets of a probe and of the media in between are recorded. */
const MAX_PACKETS = 256;

const NONE_MS = new Float64Array(0);
const NONE_BYTES = new Uint16Array(0);

/** The result of a probe that was held up on its way or at the receiver, and then arrived all at once. */
export const UNCLEAR = 'unclear';

export interface ProbeOutcome {
  /** The bitrate that the path was shown to carry. */
  readonly rateBps: number;
  readonly hasFoundLimit: boolean;
  /** Whether the path carries so much less than ordered that a busy machine cannot be the cause. */
  readonly isNarrow: boolean;
}

export class ProbeResult {
  #probe = 0;
  #rateBps = 0;
  #bytesWanted = 0;
  #bytes = 0;
  /**
   * All packets from the first one of the probe on, in the order in which they were sent. Empty if there is no probe, as for most peers.
   */
  #sentAtMs = NONE_MS;
  #arrivedAtMs = NONE_MS;
  #sizeBytes = NONE_BYTES;
  #count = 0;
  #isDone = true;

  /** Starts recording the packets of this probe, and those in between. */
  begin({ probe, rateBps, bytes }: ProbeOrder): void {
    this.#probe = probe;
    this.#rateBps = rateBps;
    this.#bytesWanted = bytes;
    this.#sentAtMs = new Float64Array(MAX_PACKETS);
    this.#arrivedAtMs = new Float64Array(MAX_PACKETS);
    this.#sizeBytes = new Uint16Array(MAX_PACKETS);
    this.#bytes = 0;
    this.#count = 0;
    this.#isDone = false;
  }

  /**
   * Takes a packet. Packets must be passed in the order in which they were sent.
   *
   * @param probe the probe that it is part of, 0 for none
   * @param leastTransitMs the shortest transit time of recent packets, by the same two clocks
   * @returns the result of the probe, once enough has arrived; otherwise undefined
   */
  add(
    probe: number,
    sentAtMs: number,
    arrivedAtMs: number,
    sizeBytes: number,
    leastTransitMs: number,
  ): ProbeOutcome | typeof UNCLEAR | undefined {
    if (this.#isDone || (this.#count === 0 && probe !== this.#probe)) return undefined;
    if (this.#count < MAX_PACKETS) {
      const place = this.#count++;
      this.#sentAtMs[place] = sentAtMs;
      this.#arrivedAtMs[place] = arrivedAtMs;
      this.#sizeBytes[place] = sizeBytes;
      this.#bytes += sizeBytes;
      if (this.#count < MIN_PACKETS || this.#bytes < MIN_SHARE * this.#bytesWanted) return undefined;
    }
    const outcome = this.#evaluate(leastTransitMs);
    if (this.#isDone) this.#forget();
    return outcome;
  }

  #forget(): void {
    this.#sentAtMs = NONE_MS;
    this.#arrivedAtMs = NONE_MS;
    this.#sizeBytes = NONE_BYTES;
  }

  #evaluate(leastTransitMs: number): ProbeOutcome | typeof UNCLEAR | undefined {
    const count = this.#count;
    const beganMs = this.#sentAtMs[0];
    const tookMs = this.#sentAtMs[count - 1] - beganMs;
    if (tookMs < MIN_INTERVAL_MS) return undefined;
    this.#isDone = true;
    if (tookMs > MAX_INTERVAL_MS) return UNCLEAR;
    const earlyTo = this.#firstAfter(beganMs + END_SHARE * tookMs);
    const lateFrom = this.#firstAfter(beganMs + (1 - END_SHARE) * tookMs);
    const isHeldUpEarly = this.#isCompressed(0, earlyTo);
    // If the start was held up, the previous transit time of the path is used instead.
    const beforeMs = isHeldUpEarly ? leastTransitMs : this.#transitMs(this.#luckiest(0, earlyTo));
    const rateBps = Math.min(this.#carriedBps(beforeMs), this.#rateBps);
    const grownMs = this.#transitMs(this.#luckiest(lateFrom, count)) - beforeMs;
    const isQueueing = grownMs > (1 / LIMIT_FOUND_BELOW - 1) * tookMs;
    if (!isQueueing || rateBps >= COMPLETE * this.#rateBps) return { rateBps, hasFoundLimit: false, isNarrow: false };
    if (!isHeldUpEarly && !this.#isCompressed(lateFrom, count)) {
      return { rateBps: BELOW_LIMIT * rateBps, hasFoundLimit: true, isNarrow: rateBps < NARROW * this.#rateBps };
    }
    return rateBps >= LIMIT_FOUND_BELOW * this.#rateBps ? { rateBps, hasFoundLimit: false, isNarrow: false } : UNCLEAR;
  }

  /** The highest rate at which the packets up to some point have arrived, which the path carries at least. */
  #carriedBps(beforeMs: number): number {
    const beganMs = this.#sentAtMs[0] + beforeMs;
    let mostBps = 0;
    let bytes = 0;
    for (let place = 1; place < this.#count; place++) {
      bytes += this.#sizeBytes[place];
      if (bytes < COUNTED_FROM * (this.#bytes - this.#sizeBytes[0])) continue;
      const elapsedMs = Math.max(this.#arrivedAtMs[place] - beganMs, this.#sentAtMs[place] - this.#sentAtMs[0], MIN_INTERVAL_MS);
      mostBps = Math.max(mostBps, (8000 * bytes) / elapsedMs);
    }
    return mostBps;
  }

  /** The transit time, including the clocks' difference, which is the same for all packets. */
  #transitMs(place: number): number {
    return this.#arrivedAtMs[place] - this.#sentAtMs[place];
  }

  /** Index of the first packet that was sent after this time. */
  #firstAfter(atMs: number): number {
    let place = 0;
    while (this.#sentAtMs[place] <= atMs) place++;
    return place;
  }

  #luckiest(from: number, to: number): number {
    let found = from;
    for (let place = from + 1; place < to; place++) if (this.#transitMs(place) < this.#transitMs(found)) found = place;
    return found;
  }

  /** Whether packets arrived closer together than they were sent. Behind a link that is too narrow they only arrive further apart. */
  #isCompressed(from: number, to: number): boolean {
    const sentForMs = this.#sentAtMs[to - 1] - this.#sentAtMs[from];
    const arrivedForMs = this.#arrivedAtMs[to - 1] - this.#arrivedAtMs[from];
    return arrivedForMs < COMPRESSED * sentForMs;
  }
}
