/** How much arrives, by the peer's own clock: what every decrease starts from. */

/** A few frames, so that the pace of a camera does not show. */
const WINDOW_MS = 150;
const FIRST_WINDOW_MS = 500;
const MAX_GAP_MS = 2000;
const GAIN = 0.2;
/** Two windows in a row that far off on the same side are no keyframe and no hiccup of a radio, but a change. */
const CHANGE = 0.15;
const CHANGE_GAIN = 0.75;

export class AcknowledgedBitrate {
  #windowFromMs = Number.NaN;
  #windowBytes = 0;
  #windowMs = FIRST_WINDOW_MS;
  #bps = Number.NaN;
  /** On which side the last window was far off: -1, 0 or 1. */
  #side = 0;

  /** Undefined until half a second has been measured. */
  get bps(): number | undefined {
    return Number.isNaN(this.#bps) ? undefined : this.#bps;
  }

  /** Takes a packet, in the order they were sent. */
  add(arrivedAtMs: number, sizeBytes: number): void {
    const sinceMs = arrivedAtMs - this.#windowFromMs;
    // Nothing was sent for a while, or a clock has jumped: what there is of the window measures neither.
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
