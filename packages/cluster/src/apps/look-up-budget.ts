const WINDOW_MS = 1_000;
/** The most askers that are distinguished in one window, so that forged addresses cannot fill the memory. */
const MAX_ASKERS = 10_000;

/**
 * Divides a number of look-ups per second among the askers. Each gets an equal share, computed from the number of
 * askers in the previous second, and one share is reserved for a new asker. A flood from a few networks therefore
 * leaves the others their shares.
 */
export class LookUpBudget {
  readonly #lookUpsPerSecond: number;
  readonly #nowMs: () => number;
  #windowStartedAtMs = Number.NEGATIVE_INFINITY;
  #left = 0;
  #share = 0;
  /** Look-ups of each asker in this window, including refused ones. */
  #asked = new Map<string, number>();

  /** @param nowMs a monotonic clock, in milliseconds */
  constructor(lookUpsPerSecond: number, nowMs: () => number) {
    this.#lookUpsPerSecond = lookUpsPerSecond;
    this.#nowMs = nowMs;
  }

  /** @returns false if the asker has used its share of this second, or no look-ups are left */
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
