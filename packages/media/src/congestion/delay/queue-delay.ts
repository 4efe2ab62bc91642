/**
 * How long packets wait in queues: their transit time above the minimum of recent seconds. The clocks may differ as long as they run at the
 * same speed.
 */

/** The minimum is taken over the current span and the one before, so a longer route counts as normal after at most twice this time. */
const SPAN_MS = 10_000;
/**
 * A queue that other flows keep full varies within a span by more than this share, and by more than jitter. The delay of a longer route
 * does not.
 */
const VARIES = 0.1;
const VARIES_BY_MS = 15;

export class QueueDelay {
  #spanFromMs = Number.NaN;
  #leastNow = Number.POSITIVE_INFINITY;
  #leastBefore = Number.POSITIVE_INFINITY;
  #leastInReport = Number.POSITIVE_INFINITY;
  /** The largest of the minimum transit times of the reports in this span. */
  #mostNow = Number.NEGATIVE_INFINITY;
  /** Whether other flows keep the queue full, so that the true minimum is not seen until they end. */
  isContested = false;

  /** Starts a report. Only its packets count for `ms`. */
  begin(): void {
    if (this.#leastInReport < Number.POSITIVE_INFINITY) this.#mostNow = Math.max(this.#mostNow, this.#leastInReport);
    this.#leastInReport = Number.POSITIVE_INFINITY;
  }

  /** Takes a packet, with the time when it was sent and when it arrived by the peer's clock. */
  add(sentAtMs: number, arrivedAtMs: number): void {
    const transitMs = arrivedAtMs - sentAtMs;
    if (!(sentAtMs - this.#spanFromMs < SPAN_MS)) this.#beginSpan(sentAtMs, transitMs);
    this.#leastNow = Math.min(this.#leastNow, transitMs);
    this.#leastInReport = Math.min(this.#leastInReport, transitMs);
  }

  #beginSpan(sentAtMs: number, transitMs: number): void {
    const hasPaused = sentAtMs - this.#spanFromMs >= 2 * SPAN_MS;
    this.#spanFromMs = sentAtMs;
    const variationMs = Math.max(VARIES_BY_MS, VARIES * (this.#mostNow - this.leastTransitMs));
    const keepsMinimum = this.isContested && this.#mostNow - this.#leastNow > variationMs;
    this.#leastBefore = keepsMinimum ? this.leastTransitMs : this.#leastNow;
    // While nothing is sent for hours, the clocks drift apart by more than any queue.
    if (hasPaused) this.#leastBefore = Number.POSITIVE_INFINITY;
    this.#leastNow = transitMs;
    this.#mostNow = Number.NEGATIVE_INFINITY;
  }

  /** The shortest wait of a packet in the report, which leaves jitter out. */
  get ms(): number {
    if (this.#leastInReport === Number.POSITIVE_INFINITY) return 0;
    return this.#leastInReport - this.leastTransitMs;
  }

  /** The shortest transit time of recent seconds, as the difference of the two clocks. */
  get leastTransitMs(): number {
    return Math.min(this.#leastNow, this.#leastBefore);
  }
}
