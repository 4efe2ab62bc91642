/**
 * Decides whether a shard waits to be woken for crossing packets, or polls for them every few milliseconds. A wake-up
 * costs both threads more CPU time than moving ten packets, so polling is cheaper at high rates; at low rates, waking
 * avoids delay.
 */

const WINDOW_MS = 16;
/** The rate at which polling starts: a packet every other millisecond, as from two cameras. */
const BUSY_PACKETS = 8;
/** Fewer packets end polling; a rate in between changes nothing. */
const STILL_BUSY_PACKETS = 5;

export class CrossingPace {
  #windowEndsMs = 0;
  #packets = 0;
  #isBusy = false;

  /** Records packets that have crossed, or 0 if a poll found none. @returns whether to poll again */
  note(nowMs: number, packets: number): boolean {
    if (nowMs >= this.#windowEndsMs) {
      // A link that was silent for a whole window is not busy, whatever its rate was before.
      const enough = this.#isBusy ? STILL_BUSY_PACKETS : BUSY_PACKETS;
      this.#isBusy = this.#packets >= enough && nowMs < this.#windowEndsMs + WINDOW_MS;
      this.#windowEndsMs = nowMs + WINDOW_MS;
      this.#packets = 0;
    }
    this.#packets += packets;
    return this.#isBusy;
  }
}
