/** A rate and what may be saved up of it: who is within it can go on, and whoever spends more than there is waits. */
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

  /** Whether there is as much as this. */
  has(nowMs: number, tokens: number): boolean {
    if (nowMs !== this.#refilledAtMs) this.#refill(nowMs);
    return this.#tokens >= tokens;
  }

  /** Takes tokens, if need be more than there are: what has happened has happened. */
  spend(tokens: number): void {
    this.#tokens -= tokens;
  }

  #refill(nowMs: number): void {
    // The first one to ask finds the bucket as it was made.
    const elapsedMs = Number.isNaN(this.#refilledAtMs) ? 0 : nowMs - this.#refilledAtMs;
    this.#tokens = Math.min(this.#capacity, this.#tokens + (this.#perSecond * elapsedMs) / 1_000);
    this.#refilledAtMs = nowMs;
  }
}
