/**
 * How long packets wait in front of a narrow line, judged by how much longer a round trip takes than it has to. A window that grows until
 * something is lost fills that queue, however long it is, and everything else on the path waits in it as well.
 *
 * @see RFC 6817 (LEDBAT), which bounds the delay that a bulk transfer adds in the same way
 */

/** The shortest round trip of so long counts, twice: then a path that has become longer is taken for what it is. */
const BASE_INTERVAL_MS = 20_000;
/** Rounds are no shorter than timers and turns of the event loop are precise. */
const MIN_ROUND_MS = 10;
/** So many measurements tell what a round is like, and one alone does not: the peer may have waited before it answered. */
const ENOUGH_MEASUREMENTS = 8;

export class QueueingDelay {
  #baseMs = Number.POSITIVE_INFINITY;
  #nextBaseMs = Number.POSITIVE_INFINITY;
  #baseUntilMs = Number.NEGATIVE_INFINITY;
  #roundMinMs = Number.POSITIVE_INFINITY;
  #roundUntilMs = Number.NEGATIVE_INFINITY;
  #measurements = 0;

  /** The shortest round trip that the path is known to have; Infinity before the first one. */
  get baseMs(): number {
    return Math.min(this.#baseMs, this.#nextBaseMs);
  }

  /**
   * Takes a measurement.
   *
   * @returns once for each round trip, as soon as it is known, the least delay of it; undefined for all other measurements
   */
  note(nowMs: number, rttMs: number): number | undefined {
    if (nowMs >= this.#baseUntilMs) {
      this.#baseMs = this.#nextBaseMs;
      this.#nextBaseMs = Number.POSITIVE_INFINITY;
      this.#baseUntilMs = nowMs + BASE_INTERVAL_MS;
    }
    this.#nextBaseMs = Math.min(this.#nextBaseMs, rttMs);
    if (nowMs >= this.#roundUntilMs) {
      // A round of few measurements is judged at its end.
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
