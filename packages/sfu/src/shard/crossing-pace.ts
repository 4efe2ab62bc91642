/**
 * Whether a shard waits to be woken for what crosses to it, or looks for it by itself every few milliseconds. To be woken takes both threads more CPU time than
 * to carry ten packets across, so where many come it is cheaper to look; where few come, none waits.
 */

/** From this rate on: a packet a millisecond. */
const BUSY_PACKETS = 16;
const WINDOW_MS = 16;

export class CrossingPace {
  #windowEndsMs = 0;
  #packets = 0;
  #isBusy = false;

  /** Notes packets that have crossed; none, if somebody has looked in vain. @returns whether to look again */
  note(nowMs: number, packets: number): boolean {
    if (nowMs >= this.#windowEndsMs) {
      // Whoever was silent for a whole window is not busy, however much came before.
      this.#isBusy = this.#packets >= BUSY_PACKETS && nowMs < this.#windowEndsMs + WINDOW_MS;
      this.#windowEndsMs = nowMs + WINDOW_MS;
      this.#packets = 0;
    }
    this.#packets += packets;
    return this.#isBusy;
  }
}
