/**
 * Places the timestamps of frames that are older than the newest frame sent of another layer. They are sent only because newer frames
 * depend on them, so they follow within a few milliseconds of media time. Newer frames keep their capture times.
 */

/** Less than 4 ms at 90 kHz, so that a screen shows only the last of these frames. */
const CATCH_UP_TICKS = 300;
const HALF_A_CLOCK_TICKS = 2 ** 31;

export class CatchUp {
  readonly #firstTimestamp: number;
  readonly #overtakenTicks: number;
  /** Timestamps up to this far after the first one are placed. */
  #windowTicks: number;

  /**
   * @param firstTimestamp of the oldest frame by its capture time, as a signed number
   * @param overtakenTicks by how much the highest timestamp sent is ahead of that, at least 0
   */
  constructor(firstTimestamp: number, overtakenTicks: number) {
    this.#firstTimestamp = firstTimestamp;
    this.#overtakenTicks = overtakenTicks;
    this.#windowTicks = overtakenTicks + CATCH_UP_TICKS;
  }

  /** @param timestamp of a frame by its capture time. @returns its timestamp in the outgoing stream, as a signed number */
  place(timestamp: number): number {
    const ticks = (timestamp - this.#firstTimestamp) >>> 0;
    if (ticks >= this.#windowTicks) {
      // Timestamps wrap around after 13 hours, and then belong to other frames.
      if (ticks > HALF_A_CLOCK_TICKS) this.#windowTicks = 0;
      return timestamp;
    }
    const placed = 1 + Math.floor((ticks * (CATCH_UP_TICKS - 1)) / this.#windowTicks);
    return (this.#firstTimestamp + this.#overtakenTicks + placed) | 0;
  }
}
