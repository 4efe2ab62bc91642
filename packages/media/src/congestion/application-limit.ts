/**
 * Whether less is sent than the estimate allows, so that the bitrate that arrives does not show what the path could carry. This is tracked
 * as a budget that the estimate fills and packets use up.
 */

/** The budget is full after this long without packets. */
const BUDGET_MS = 500;
/** The budget is filled at this share of the estimate, because sources stay a little below their target. */
const SHARE = 0.65;
const LIMITED_ABOVE = 0.8;
const UNLIMITED_BELOW = 0.5;

export class ApplicationLimit {
  #budgetBytes = 0;
  #updatedAtMs = Number.NaN;
  #bytesSent = 0;
  #isLimited = false;

  get isLimited(): boolean {
    return this.#isLimited;
  }

  /** @param bytesSent total so far */
  update(nowMs: number, bytesSent: number, estimateBps: number): void {
    const elapsedMs = Number.isNaN(this.#updatedAtMs) ? 0 : nowMs - this.#updatedAtMs;
    const maxBytes = (SHARE * estimateBps * BUDGET_MS) / 8000;
    const earned = (SHARE * estimateBps * elapsedMs) / 8000;
    const left = this.#budgetBytes + earned - (bytesSent - this.#bytesSent);
    this.#budgetBytes = Math.min(Math.max(left, -maxBytes), maxBytes);
    this.#updatedAtMs = nowMs;
    this.#bytesSent = bytesSent;
    const level = this.#budgetBytes / maxBytes;
    if (level > LIMITED_ABOVE) this.#isLimited = true;
    else if (level < UNLIMITED_BELOW) this.#isLimited = false;
  }
}
