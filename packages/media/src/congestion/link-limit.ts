/**
 * Whether a link between nodes has shown that it carries less than is sent over it. On a long link, jitter and random loss make the
 * estimate of its capacity far too low, and every subscriber behind it would receive less. The estimate is therefore only used once the
 * link has lost far more than chance explains, or has had a long standing queue.
 */

/** More than a link's random loss, which is repaired packet by packet. */
const MUCH_LOSS = 0.1;
/** The loss must exceed that by this many standard deviations, so that a few packets do not decide. */
const SIGMAS = 4;
const MIN_PACKETS = 50;
const WINDOW_MS = 1000;
/** Jitter, or a route that has become longer, does not look like a queue this long. */
const LONG_QUEUE_MS = 150;
/** The queue must stand for longer than this, because a node that is held up for a moment looks like a queue for as long. */
const STANDING_MS = 300;

export class LinkLimit {
  #isShown = false;
  #windowFromMs = Number.NEGATIVE_INFINITY;
  #packets = 0;
  #lost = 0;
  #longSinceMs = Number.NaN;

  get isShown(): boolean {
    return this.#isShown;
  }

  /**
   * Takes the result of a report.
   *
   * @param received number of packets that arrived
   * @param lost number of packets that were lost
   * @param queueDelayMs how long packets wait on the link now
   */
  note(nowMs: number, received: number, lost: number, queueDelayMs: number): void {
    if (nowMs - this.#windowFromMs >= WINDOW_MS && this.#packets >= MIN_PACKETS) {
      this.#windowFromMs = nowMs;
      this.#packets = 0;
      this.#lost = 0;
    }
    this.#packets += received + lost;
    this.#lost += lost;
    if (queueDelayMs <= LONG_QUEUE_MS) this.#longSinceMs = Number.NaN;
    else if (Number.isNaN(this.#longSinceMs)) this.#longSinceMs = nowMs;
    if (this.#losesMuch || nowMs - this.#longSinceMs >= STANDING_MS) this.#isShown = true;
  }

  get #losesMuch(): boolean {
    const deviation = Math.sqrt(this.#packets * MUCH_LOSS * (1 - MUCH_LOSS));
    return this.#packets >= MIN_PACKETS && this.#lost > this.#packets * MUCH_LOSS + SIGMAS * deviation;
  }
}
