/** Allows a page to restart three layers several times in a row. */
const MAX_SAVED_UP = 16;
const REFILL_INTERVAL_MS = 1000;

/** Limits how often one publication may start a stream under a new SSRC. */
export class NewStreamLimit {
  #saved = MAX_SAVED_UP;
  #refilledAtMs = Number.NEGATIVE_INFINITY;

  /** @returns false if too many streams were started recently; the packet that would start another must be dropped */
  admit(nowMs: number): boolean {
    this.#saved = Math.min(MAX_SAVED_UP, this.#saved + (nowMs - this.#refilledAtMs) / REFILL_INTERVAL_MS);
    this.#refilledAtMs = nowMs;
    if (this.#saved < 1) return false;
    this.#saved--;
    return true;
  }
}
