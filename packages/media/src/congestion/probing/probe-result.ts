/**
 * What probes have shown: how fast packets left for a moment, those of media among them, and whether they were held up more at the end of it
 * than at the beginning. A machine that is busy holds packets up, too; what it does to some of them does not decide.
 */
import type { ProbeOrder } from './probe-plan.ts';

/** So much of a probe must have arrived before it says anything … */
const MIN_SHARE = 0.8;
/** … in so many packets. */
const MIN_PACKETS = 10;
/** Slower than this share of what was asked for, while packets are held up more and more, is the limit of the path … */
const LIMIT_FOUND_BELOW = 0.9;
/** … and a little below it there is room. */
const BELOW_LIMIT = 0.9;
/** The luckiest packet in this share of the time at each end says how long the path took there. */
const END_SHARE = 0.34;
/** What has come by the end of a probe may have been held up; what has come by any moment since this share of it counts, too. */
const COUNTED_FROM = 0.9;
/** A probe that came through at this share of its rate was not held up by the path, but by media among it. */
const COMPLETE = 0.97;
/** Below this share of what was asked for, there is no doubt that the path is narrow. */
const NARROW = 0.5;
/** Packets that arrive closer together than this share of how they were sent were held up by a machine. */
const COMPRESSED = 0.5;
/** Less says nothing beside clocks of a quarter of a millisecond. */
const MIN_INTERVAL_MS = 5;
const MAX_INTERVAL_MS = 500;
/** How many packets of a probe and of the media among it are looked at. */
const MAX_PACKETS = 256;

const NONE_MS = new Float64Array(0);
const NONE_BYTES = new Uint16Array(0);

/** A probe that was held up on its way, or at the receiver, and then arrived all at once. */
export const UNCLEAR = 'unclear';

export interface ProbeOutcome {
  /** What the path was shown to carry. */
  readonly rateBps: number;
  readonly hasFoundLimit: boolean;
  /** The path carries so much less than was asked of it that no busy machine can have made it look so. */
  readonly isNarrow: boolean;
}

export class ProbeResult {
  #probe = 0;
  #rateBps = 0;
  #bytesWanted = 0;
  #bytes = 0;
  /** Everything from the first packet of the probe on, in the order it was sent; empty while no probe is under way, as for most peers. */
  #sentAtMs = NONE_MS;
  #arrivedAtMs = NONE_MS;
  #sizeBytes = NONE_BYTES;
  #count = 0;
  #isDone = true;

  /** From now on, packets of this probe and those among them are looked at. */
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
   * Takes a packet, in the order they were sent.
   *
   * @param probe which probe it is part of, 0 for none
   * @param leastTransitMs the least time that packets have taken of late, by these two clocks
   * @returns what the probe has shown, once, when enough has arrived
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
    // Where the beginning was held up, the path takes what it has taken before.
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

  /** What has come by some moment, at least, the path has carried until then. */
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

  /** Beyond the clocks' difference, which is the same for all. */
  #transitMs(place: number): number {
    return this.#arrivedAtMs[place] - this.#sentAtMs[place];
  }

  /** The first packet that was sent after this moment. */
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

  /** Behind a link that is too narrow, packets arrive further apart than they were sent, and never closer. */
  #isCompressed(from: number, to: number): boolean {
    const sentForMs = this.#sentAtMs[to - 1] - this.#sentAtMs[from];
    const arrivedForMs = this.#arrivedAtMs[to - 1] - this.#arrivedAtMs[from];
    return arrivedForMs < COMPRESSED * sentForMs;
  }
}
