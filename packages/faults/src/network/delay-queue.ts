/**
 * Calls functions when they are due, with one timer. Those that are due at the same moment are called in the order in which they were
 * added.
 */
export class DelayQueue {
  readonly #waiting: { readonly dueMs: number; readonly act: () => void }[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param dueMs on the clock of `performance.now` */
  add(dueMs: number, act: () => void): void {
    let place = this.#waiting.length;
    while (place > 0 && (this.#waiting[place - 1]?.dueMs ?? 0) > dueMs) place--;
    this.#waiting.splice(place, 0, { dueMs, act });
    if (place === 0) this.#rearm();
  }

  /** Drops everything that still waits. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.length = 0;
  }

  #rearm(): void {
    clearTimeout(this.#timer);
    const first = this.#waiting[0];
    this.#timer = first === undefined ? undefined : setTimeout(() => this.#run(), Math.max(0, first.dueMs - performance.now()));
  }

  #run(): void {
    const nowMs = performance.now();
    for (let first = this.#waiting[0]; first !== undefined && first.dueMs <= nowMs; first = this.#waiting[0]) {
      this.#waiting.shift();
      first.act();
    }
    this.#rearm();
  }
}
