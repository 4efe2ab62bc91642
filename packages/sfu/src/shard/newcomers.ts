/** In this time one half of them has begun to cost what it will. */
const HALF_LIFE_MS = 1000;

/** How many of the sessions that were placed on a shard may not show in its load yet. */
export class Newcomers {
  #count = 0;
  #countedAtMs = 0;

  countAt(nowMs: number): number {
    return this.#count * 2 ** ((this.#countedAtMs - nowMs) / HALF_LIFE_MS);
  }

  add(nowMs: number): void {
    this.#count = this.countAt(nowMs) + 1;
    this.#countedAtMs = nowMs;
  }
}
