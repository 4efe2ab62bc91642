import type { Histogram, HistogramBounds } from '../histogram.ts';

/** Classes of the time until a subscriber's first frame. */
export const FIRST_FRAME_BOUNDS_MS: HistogramBounds = [50, 100, 250, 500, 1_000, 2_000, 5_000, 10_000, 30_000];

/**
 * Measures how long a viewer waits for a picture: from when the subscription exists, is not paused and its peer can be sent to, until the
 * first packet of a keyframe is forwarded. Only the first such wait of a subscription counts.
 */
export class FirstFrameTimer {
  readonly #histogram: Histogram;
  #waitsSinceMs: number | undefined = undefined;
  #isOver = false;

  constructor(histogram: Histogram) {
    this.#histogram = histogram;
  }

  /** Notes that packets could be sent from now on. Further calls do nothing until `interrupt`. */
  begin(nowMs: number): void {
    this.#waitsSinceMs ??= nowMs;
  }

  /** The subscriber does not wait while it is paused. */
  interrupt(): void {
    this.#waitsSinceMs = undefined;
  }

  end(nowMs: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#waitsSinceMs !== undefined) this.#histogram.record(nowMs - this.#waitsSinceMs);
  }
}
