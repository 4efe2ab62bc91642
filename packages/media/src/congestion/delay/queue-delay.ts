/** How long packets wait in queues now: their delay above the least of the last seconds. The clocks need not agree, only run alike. */

/** The least is that of this and the span before: a longer way round is the new normal after at most twice as long. */
const SPAN_MS = 10_000;

export class QueueDelay {
  #spanFromMs = Number.NaN;
  #leastNow = Number.POSITIVE_INFINITY;
  #leastBefore = Number.POSITIVE_INFINITY;
  #leastInReport = Number.POSITIVE_INFINITY;

  /** A report begins: only its packets count for `ms`. */
  begin(): void {
    this.#leastInReport = Number.POSITIVE_INFINITY;
  }

  /** Takes a packet: when it was sent, and when it arrived by the peer's clock. */
  add(sentAtMs: number, arrivedAtMs: number): void {
    const transitMs = arrivedAtMs - sentAtMs;
    if (!(sentAtMs - this.#spanFromMs < SPAN_MS)) {
      this.#spanFromMs = sentAtMs;
      this.#leastBefore = this.#leastNow;
      this.#leastNow = transitMs;
    }
    this.#leastNow = Math.min(this.#leastNow, transitMs);
    this.#leastInReport = Math.min(this.#leastInReport, transitMs);
  }

  /** How long the luckiest packet of the report has waited: what jitter adds is left out. */
  get ms(): number {
    if (this.#leastInReport === Number.POSITIVE_INFINITY) return 0;
    return this.#leastInReport - this.leastTransitMs;
  }

  /** The least that packets of the last seconds took, by the two clocks. */
  get leastTransitMs(): number {
    return Math.min(this.#leastNow, this.#leastBefore);
  }
}
