/**
 * When packets for another shard are handed over. To wake its thread takes more CPU time than to carry ten packets there, so where many come
 * they wait a moment for each other; where few come, none waits.
 */

/** From this rate on: a packet a millisecond. */
const BUSY_PACKETS = 16;
const WINDOW_MS = 16;

export class CrossingPace {
  #windowEndsMs = 0;
  #packets = 0;
  #isBusy = false;

  /** Notes packets that are to cross. @returns whether they should wait for others */
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
