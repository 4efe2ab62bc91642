/**
 * Whether a shard waits to be woken for what crosses to it, or looks for it by itself every few milliseconds. To be woken takes both threads more CPU time than
 * to carry ten packets across, so where many come it is cheaper to look; where few come, none waits.
 */

const WINDOW_MS = 16;
/** From this rate on: a packet every other millisecond, as of two cameras. */
const BUSY_PACKETS = 8;
/** Less than that ends it: a rate between the two changes nothing. */
const STILL_BUSY_PACKETS = 5;

export class CrossingPace {
  #windowEndsMs = 0;
  #packets = 0;
  #isBusy = false;

  /** Notes packets that have crossed; none, if somebody has looked in vain. @returns whether to look again */
  note(nowMs: number, packets: number): boolean {
    if (nowMs >= this.#windowEndsMs) {
      // Whoever was silent for a whole window is not busy, however much came before.
      const enough = this.#isBusy ? STILL_BUSY_PACKETS : BUSY_PACKETS;
      this.#isBusy = this.#packets >= enough && nowMs < this.#windowEndsMs + WINDOW_MS;
      this.#windowEndsMs = nowMs + WINDOW_MS;
      this.#packets = 0;
    }
    this.#packets += packets;
    return this.#isBusy;
  }
}
