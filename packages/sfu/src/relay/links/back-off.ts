/** The delay before the next attempt: short at first, then doubling, with random jitter. */
const FIRST_MS = 250;
const LONGEST_MS = 4000;

export class BackOff {
  readonly #random: () => number;
  #failures = 0;

  /** @param random uniform in [0, 1) */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Records a failure. @returns the delay before the next attempt */
  nextDelayMs(): number {
    const fullMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures++);
    return fullMs / 2 + (this.#random() * fullMs) / 2;
  }

  succeeded(): void {
    this.#failures = 0;
  }
}
