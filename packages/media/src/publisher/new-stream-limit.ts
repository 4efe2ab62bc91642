/** Three layers, begun again a few times in a row by a page that cannot make up its mind. */
const MAX_SAVED_UP = 16;
const REFILL_INTERVAL_MS = 1000;

/** How often one publication may begin a stream under an SSRC that was not there before. */
export class NewStreamLimit {
  #saved = MAX_SAVED_UP;
  #refilledAtMs = Number.NEGATIVE_INFINITY;

  /** @returns false if there were too many of late; the packet that would begin another must be dropped */
  admit(nowMs: number): boolean {
    this.#saved = Math.min(MAX_SAVED_UP, this.#saved + (nowMs - this.#refilledAtMs) / REFILL_INTERVAL_MS);
    this.#refilledAtMs = nowMs;
    if (this.#saved < 1) return false;
    this.#saved--;
    return true;
  }
}
