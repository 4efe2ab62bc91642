/** A clock that advances only when a test says so. It satisfies the clock interfaces of the packages, such as `sfu`'s `Clock`. */
export class VirtualClock {
  #nowMs = 0;
  readonly #startWallClockMs: number;
  /** Timers by the time at which they fall due, in the order in which they were set: most of many fall due together with others. */
  readonly #timers = new Map<number, Timer[]>();
  /** The times at which some fall due: a binary heap, the next one first. */
  readonly #dueTimesMs: number[] = [];
  /** How many of the timers that fall due next have had their turn. */
  #taken = 0;
  #armed = 0;

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
    const timer: Timer = { callback };
    this.#armed++;
    this.#put(this.#nowMs + Math.max(0, delayMs), timer);
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
      callback();
      await settle();
    }
    this.#nowMs = endMs;
    await settle();
  }

  #put(dueAtMs: number, timer: Timer): void {
    const others = this.#timers.get(dueAtMs);
    if (others !== undefined) {
      others.push(timer);
      return;
    }
    this.#timers.set(dueAtMs, [timer]);
    pushNumber(this.#dueTimesMs, dueAtMs);
  }

  /** Time is then that at which it falls due. @returns undefined if none falls due until then */
  #takeDue(endMs: number): Timer | undefined {
    for (;;) {
      const [dueAtMs] = this.#dueTimesMs;
      if (dueAtMs === undefined || dueAtMs > endMs) return undefined;
      const timer = this.#timers.get(dueAtMs)?.[this.#taken];
      if (timer !== undefined) {
        this.#taken++;
        // A timer that was cancelled has no time.
        if (timer.callback !== undefined) this.#nowMs = dueAtMs;
        return timer;
      }
      this.#timers.delete(dueAtMs);
      this.#taken = 0;
      shiftNumber(this.#dueTimesMs);
    }
  }
}

interface Timer {
  /** undefined once it has run or was cancelled */
  callback: (() => void) | undefined;
}

function pushNumber(heap: number[], value: number): void {
  let place = heap.length;
  while (place > 0) {
    const above = (place - 1) >> 1;
    const parent = heap[above];
    if (parent === undefined || parent <= value) break;
    heap[place] = parent;
    place = above;
  }
  heap[place] = value;
}

/** Takes the first one out. The last one goes to its place, and then below all that are smaller. */
function shiftNumber(heap: number[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let place = 0;
  for (;;) {
    const [left, right] = [heap[2 * place + 1], heap[2 * place + 2]];
    if (left === undefined) break;
    const isRight = right !== undefined && right < left;
    const next = isRight ? right : left;
    if (last <= next) break;
    heap[place] = next;
    place = 2 * place + (isRight ? 2 : 1);
  }
  heap[place] = last;
}

/**
 * Node runs `nextTick` callbacks once no promise is left to settle, so everything that a callback has set in motion ends here, whatever its
 * length. The second tick waits for callbacks of the first one.
 */
async function settle(): Promise<void> {
  await tick();
  await tick();
}

function tick(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
