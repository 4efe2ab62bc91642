/**
 * Limits a rate. Tokens accrue up to a maximum; after spending more than there are, the caller has to wait until they have accrued again.
 */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #capacity: number;
  #tokens: number;
  #refilledAtMs = Number.NaN;

  /** @param burstMs for how long tokens accrue at most; the bucket is full at first */
  constructor(perSecond: number, burstMs: number) {
    this.#perSecond = perSecond;
    this.#capacity = (perSecond * burstMs) / 1_000;
    this.#tokens = this.#capacity;
  }

  /** Whether the bucket has this many tokens. */
  has(nowMs: number, tokens: number): boolean {
    if (nowMs !== this.#refilledAtMs) this.#refill(nowMs);
    return this.#tokens >= tokens;
  }

  /** Takes tokens, even more than there are, because what they pay for has already happened. */
  spend(tokens: number): void {
    this.#tokens -= tokens;
  }

  #refill(nowMs: number): void {
    // The bucket is full for the first caller.
    const elapsedMs = Number.isNaN(this.#refilledAtMs) ? 0 : nowMs - this.#refilledAtMs;
    this.#tokens = Math.min(this.#capacity, this.#tokens + (this.#perSecond * elapsedMs) / 1_000);
    this.#refilledAtMs = nowMs;
  }
}
