/**
 * Estimates how long packets wait in a queue on the path, from the round-trip time in excess of its minimum. A window that grows until
 * packets are lost fills that queue, however long it is, and delays everything else on the path.
 *
 * @see RFC 6817 (LEDBAT), which limits the delay caused by bulk transfers in the same way
 */

/** The minimum is taken over this interval and the one before. After that, a path that has become longer is recognised as such. */
const BASE_INTERVAL_MS = 20_000;
/** Rounds are no shorter than the precision of timers and event loop. */
const MIN_ROUND_MS = 10;
/** This many measurements are enough to judge a round. A single one is not, because the peer may have delayed its answer. */
const ENOUGH_MEASUREMENTS = 8;

export class QueueingDelay {
  #baseMs = Number.POSITIVE_INFINITY;
  #nextBaseMs = Number.POSITIVE_INFINITY;
  #baseUntilMs = Number.NEGATIVE_INFINITY;
  #roundMinMs = Number.POSITIVE_INFINITY;
  #roundUntilMs = Number.NEGATIVE_INFINITY;
  #measurements = 0;

  /** The shortest round trip known; Infinity before the first measurement. */
  get baseMs(): number {
    return Math.min(this.#baseMs, this.#nextBaseMs);
  }

  /**
   * Takes a measurement.
   *
   * @returns the smallest delay of a round in ms, once for each round as soon as it is known; otherwise undefined
   */
  note(nowMs: number, rttMs: number): number | undefined {
    if (nowMs >= this.#baseUntilMs) {
      this.#baseMs = this.#nextBaseMs;
      this.#nextBaseMs = Number.POSITIVE_INFINITY;
      this.#baseUntilMs = nowMs + BASE_INTERVAL_MS;
    }
    this.#nextBaseMs = Math.min(this.#nextBaseMs, rttMs);
    if (nowMs >= this.#roundUntilMs) {
      // A round with few measurements is judged when it ends.
      const isUnjudged = this.#measurements > 0 && this.#measurements < ENOUGH_MEASUREMENTS;
      const delayMs = isUnjudged ? this.#roundMinMs - this.baseMs : undefined;
      this.#roundUntilMs = nowMs + Math.max(rttMs, MIN_ROUND_MS);
      this.#roundMinMs = rttMs;
      this.#measurements = 1;
      return delayMs;
    }
    this.#roundMinMs = Math.min(this.#roundMinMs, rttMs);
    return ++this.#measurements === ENOUGH_MEASUREMENTS ? this.#roundMinMs - this.baseMs : undefined;
  }
}
