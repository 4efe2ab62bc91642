/** The acknowledged bitrate: what arrives at the peer, measured by the peer's clock. Every decrease of the estimate starts from it. */

/** Spans a few frames, so that a camera's frame interval does not affect the result. */
const WINDOW_MS = 150;
const FIRST_WINDOW_MS = 500;
const MAX_GAP_MS = 2000;
const GAIN = 0.2;
/**
 * Two consecutive windows that differ by this much in the same direction show a real change, not just a keyframe or a short outage of a
 * radio link.
 */
const CHANGE = 0.15;
const CHANGE_GAIN = 0.75;

export class AcknowledgedBitrate {
  #windowFromMs = Number.NaN;
  #windowBytes = 0;
  #windowMs = FIRST_WINDOW_MS;
  #bps = Number.NaN;
  /** The direction in which the last window was far off: -1, 0 or 1. */
  #side = 0;

  /** In bit/s; undefined until half a second has been measured. */
  get bps(): number | undefined {
    return Number.isNaN(this.#bps) ? undefined : this.#bps;
  }

  /** Takes a packet. Packets must be passed in the order in which they were sent. */
  add(arrivedAtMs: number, sizeBytes: number): void {
    const sinceMs = arrivedAtMs - this.#windowFromMs;
    // Nothing was sent for a while, or a clock has jumped, so the window so far measures nothing useful.
    if (!(sinceMs >= -MAX_GAP_MS && sinceMs < MAX_GAP_MS)) this.#begin(arrivedAtMs);
    else if (sinceMs >= this.#windowMs) {
      this.#measure((8000 * this.#windowBytes) / sinceMs);
      this.#begin(arrivedAtMs);
    }
    this.#windowBytes += sizeBytes;
  }

  #begin(arrivedAtMs: number): void {
    this.#windowFromMs = arrivedAtMs;
    this.#windowBytes = 0;
  }

  #measure(bps: number): void {
    this.#windowMs = WINDOW_MS;
    if (Number.isNaN(this.#bps)) {
      this.#bps = bps;
      return;
    }
    const side = Math.abs(bps - this.#bps) < CHANGE * this.#bps ? 0 : Math.sign(bps - this.#bps);
    this.#bps += (side !== 0 && side === this.#side ? CHANGE_GAIN : GAIN) * (bps - this.#bps);
    this.#side = side;
  }
}
