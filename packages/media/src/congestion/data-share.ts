/**
 * How much of a peer's path its data channels may take. Left alone, a transfer grows until it fills the queue in front of a narrow path,
 * where audio and video would then wait and be lost as well.
 *
 * @see docs/adr/0019-pacing-and-probing.md
 */

/** The share that data may always have, so that it makes progress whatever is watched. */
const LEAST_SHARE = 0.25;
const LEAST_BPS = 30_000;
/** Media keeps this multiple of its demand free, because it varies and is sent in bursts of whole frames. */
const BEYOND_DEMAND = 1.25;
const WINDOW_MS = 250;
/** Weight of a new window. */
const GAIN = 0.5;

export class DataShare {
  #maxBps = Number.POSITIVE_INFINITY;
  #windowBytes = 0;
  #windowFromMs = Number.NaN;
  #sentBps = 0;

  /** The rate at which data may be sent now; Infinity if nothing limits it. */
  get maxBps(): number {
    return this.#maxBps;
  }

  noteSent(sizeBytes: number): void {
    this.#windowBytes += sizeBytes;
  }

  /**
   * Divides the path.
   *
   * @param mediaBps what the path carries beside the data; undefined if it has shown no limit
   * @param demandBps what would be sent to the peer besides data if the path carried it
   */
  update(nowMs: number, mediaBps: number | undefined, demandBps: number): void {
    this.#measure(nowMs);
    if (mediaBps === undefined || demandBps === 0) this.#maxBps = Number.POSITIVE_INFINITY;
    else {
      const totalBps = mediaBps + this.#sentBps;
      this.#maxBps = Math.max(LEAST_BPS, LEAST_SHARE * totalBps, totalBps - BEYOND_DEMAND * demandBps);
    }
  }

  #measure(nowMs: number): void {
    const elapsedMs = nowMs - this.#windowFromMs;
    if (elapsedMs < WINDOW_MS) return;
    // There is no window before the first call.
    if (elapsedMs >= WINDOW_MS) this.#sentBps += GAIN * ((8000 * this.#windowBytes) / elapsedMs - this.#sentBps);
    this.#windowBytes = 0;
    this.#windowFromMs = nowMs;
  }
}
