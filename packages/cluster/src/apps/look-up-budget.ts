const WINDOW_MS = 1_000;
/** Askers that are distinguished in one window, so that forged addresses do not fill the memory. */
const MAX_ASKERS = 10_000;

/**
 * Shares a number of look-ups a second out among those who ask. Each gets an equal part of them, by how many asked in the second
 * before, and one part stays free for a newcomer: a flood from a few networks leaves the others their parts.
 */
export class LookUpBudget {
  readonly #lookUpsPerSecond: number;
  readonly #nowMs: () => number;
  #windowStartedAtMs = Number.NEGATIVE_INFINITY;
  #left = 0;
  #share = 0;
  /** Look-ups of each asker in this window, refused ones included. */
  #asked = new Map<string, number>();

  /** @param nowMs milliseconds on a clock that never goes back */
  constructor(lookUpsPerSecond: number, nowMs: () => number) {
    this.#lookUpsPerSecond = lookUpsPerSecond;
    this.#nowMs = nowMs;
  }

  /** @returns false if the asker has had its part of this second, or nothing is left of it */
  take(asker: string): boolean {
    this.#turnWindow(this.#nowMs());
    const asked = this.#asked.get(asker) ?? 0;
    if (asked === 0 && this.#asked.size >= MAX_ASKERS) return false;
    this.#asked.set(asker, asked + 1);
    if (asked >= this.#share || this.#left === 0) return false;
    this.#left--;
    return true;
  }

  #turnWindow(nowMs: number): void {
    const ageMs = nowMs - this.#windowStartedAtMs;
    if (ageMs < WINDOW_MS) return;
    const askersBefore = ageMs < 2 * WINDOW_MS ? this.#asked.size : 0;
    this.#windowStartedAtMs = nowMs;
    this.#left = this.#lookUpsPerSecond;
    this.#share = Math.max(1, Math.floor(this.#lookUpsPerSecond / (askersBefore + 1)));
    this.#asked = new Map();
  }
}
