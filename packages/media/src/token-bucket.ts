/** Limits a rate: tokens accrue up to a burst, and spending more than there are means waiting until they have accrued again. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #capacity: number;
  #tokens: number;
  #refilledAtMs = Number.NaN;

  /** @param burstMs for how long the rate may be saved up; the bucket is full at first */
  constructor(perSecond: number, burstMs: number) {
    this.#perSecond = perSecond;
    this.#capacity = (perSecond * burstMs) / 1_000;
    this.#tokens = this.#capacity;
  }

  /** Whether there are so many tokens. */
  has(nowMs: number, tokens: number): boolean {
    if (nowMs !== this.#refilledAtMs) this.#refill(nowMs);
    return this.#tokens >= tokens;
  }

  /** Takes tokens, even more than there are: what they pay for has already happened. */
  spend(tokens: number): void {
    this.#tokens -= tokens;
  }

  #refill(nowMs: number): void {
    // The first caller finds the bucket full.
    const elapsedMs = Number.isNaN(this.#refilledAtMs) ? 0 : nowMs - this.#refilledAtMs;
    this.#tokens = Math.min(this.#capacity, this.#tokens + (this.#perSecond * elapsedMs) / 1_000);
    this.#refilledAtMs = nowMs;
  }
}
