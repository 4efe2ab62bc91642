/** Records which packets of a track a subscriber received, by the counter that the publisher wrote into each of them. */
import type { WatchFigures } from './client-verbs.ts';

const INITIAL_PACKETS = 4096;
const MAX_NOTED = 255;

export class WatchRecord {
  /** How often each counter arrived. */
  #times = new Uint8Array(INITIAL_PACKETS);
  #windowFrom = 0;
  #next = 0;
  #lastAtMs: number | undefined;
  #longestGapMs = 0;

  add(counter: number, nowMs: number): void {
    this.#makeRoom(counter);
    const times = this.#times[counter] ?? 0;
    this.#times[counter] = Math.min(MAX_NOTED, times + 1);
    this.#next = Math.max(this.#next, counter + 1);
    if (this.#lastAtMs !== undefined) this.#longestGapMs = Math.max(this.#longestGapMs, nowMs - this.#lastAtMs);
    this.#lastAtMs = nowMs;
  }

  /** Restarts the figures with the packets after the newest one received. */
  beginWindow(): void {
    this.#windowFrom = this.#next;
    this.#longestGapMs = 0;
  }

  /** Returns the figures since the last `beginWindow`. */
  figures(nowMs: number): Pick<WatchFigures, 'windowFrom' | 'received' | 'duplicates' | 'longestGapMs' | 'silentMs'> {
    let received = 0;
    let duplicates = 0;
    for (let counter = this.#windowFrom; counter < this.#next; counter++) {
      const times = this.#times[counter] ?? 0;
      if (times > 0) received++;
      if (times > 1) duplicates += times - 1;
    }
    return {
      windowFrom: this.#windowFrom,
      received,
      duplicates,
      longestGapMs: this.#longestGapMs,
      silentMs: this.#lastAtMs === undefined ? Number.POSITIVE_INFINITY : nowMs - this.#lastAtMs,
    };
  }

  #makeRoom(counter: number): void {
    if (counter < this.#times.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#times.length, counter + 1));
    larger.set(this.#times);
    this.#times = larger;
  }
}
