/** A clock that advances only when a test says so. It satisfies the clock interfaces of the packages, such as `sfu`'s `Clock`. */
export class VirtualClock {
  #nowMs = 0;
  #order = 0;
  readonly #startWallClockMs: number;
  /** A binary heap, with the next timer first. Cancelled timers stay in it until their turn. */
  readonly #timers: Timer[] = [];
  #armed = 0;
  /** Called when all that a timer has caused is done, before the next one is looked for. */
  onSettled: () => void = () => undefined;

  /** @param startWallClockMs the initial value of `wallClockMs()`, in milliseconds since 1970 */
  constructor(startWallClockMs = Date.UTC(2026, 0, 1)) {
    this.#startWallClockMs = startWallClockMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallClockMs(): number {
    return this.#startWallClockMs + this.#nowMs;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const timer: Timer = { dueAtMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#armed++;
    this.#push(timer);
    return () => {
      if (timer.callback === undefined) return;
      timer.callback = undefined;
      this.#armed--;
    };
  }

  /** The number of timers that are armed; 0 means that nothing was left behind. */
  get armedTimers(): number {
    return this.#armed;
  }

  /** Advances the time, and runs what falls due in order. Promises settle after each callback. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs;
    await settle();
    for (let next = this.#takeDue(endMs); next !== undefined; next = this.#takeDue(endMs)) {
      const { callback } = next;
      if (callback === undefined) continue;
      next.callback = undefined;
      this.#armed--;
      this.#nowMs = next.dueAtMs;
      callback();
      await settle();
      this.onSettled();
    }
    this.#nowMs = endMs;
    await settle();
  }

  #takeDue(endMs: number): Timer | undefined {
    const [first] = this.#timers;
    if (first === undefined || first.dueAtMs > endMs) return undefined;
    const last = this.#timers.pop();
    if (last !== undefined && last !== first) this.#sink(last);
    return first;
  }

  #push(timer: Timer): void {
    let place = this.#timers.length;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#timers[above];
      if (parent === undefined || isBefore(parent, timer)) break;
      this.#timers[place] = parent;
      place = above;
    }
    this.#timers[place] = timer;
  }

  /** Puts a timer in the place of the first one, and moves it below all that are due before it. */
  #sink(timer: Timer): void {
    let place = 0;
    for (;;) {
      const [left, right] = [this.#timers[2 * place + 1], this.#timers[2 * place + 2]];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const next = isRight ? right : left;
      if (isBefore(timer, next)) break;
      this.#timers[place] = next;
      place = 2 * place + (isRight ? 2 : 1);
    }
    this.#timers[place] = timer;
  }
}

interface Timer {
  readonly dueAtMs: number;
  readonly order: number;
  /** Undefined once the timer has run or was cancelled. */
  callback: (() => void) | undefined;
}

function isBefore(one: Timer, other: Timer): boolean {
  return one.dueAtMs < other.dueAtMs || (one.dueAtMs === other.dueAtMs && one.order < other.order);
}

/** Waits until no promise that is settled has anything left to run: ticks come after all of it. */
function settle(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
