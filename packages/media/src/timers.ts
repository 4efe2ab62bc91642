/** Something that happens at a given time. The object itself is the timer, so setting it again allocates nothing. */
export interface Timer {
  /** When the timer fires; Infinity while it is not set. Only `Timers` sets it. */
  deadlineMs: number;
  /** Its position in the heap; -1 while it is not set. Only `Timers` sets it. */
  heapIndex: number;
  /** Called when the time has come. The timer is no longer set; it may set itself or any other timer, and cancel any other. */
  fire(nowMs: number): void;
  /** Called when `fire` has thrown, which is a defect in the SFU. Other timers still fire. */
  fail(error: unknown): void;
}

/** The time of the current engine call, for operations within it that have no time argument, such as the flush of a full outbox. */
export interface EngineTime {
  nowMs: number;
}

/** All grids begin again with each minute, which keeps the fractions of their times exact. */
const GRID_PERIOD_MS = 60_000;

/** All timers of one engine, in a binary heap. Each timer knows its position, so that moving or cancelling it takes logarithmic time. */
export class Timers {
  readonly #heap: Timer[] = [];
  /** When to call `fireDue` next; Infinity if no timer is set. It is a field because the engine reads it in every turn. */
  nextDeadlineMs = Number.POSITIVE_INFINITY;
  readonly #gridOffsetMs: number;

  /** @param wallClockOffsetMs what to add to the time of these timers to get milliseconds since 1970 */
  constructor(wallClockOffsetMs = 0) {
    this.#gridOffsetMs = wallClockOffsetMs % GRID_PERIOD_MS;
  }

  /**
   * Rounds a time up to a grid shared by all timers that need no precision, so that timers due together wake the process once. With a
   * hundred peers that each wake it separately, waking costs more than the work. The grid follows the wall clock, so what nodes send
   * each other at these times arrives together, and is handled at once.
   *
   * @param gridMs a divisor of one minute
   */
  onGrid(atMs: number, gridMs: number): number {
    return Math.ceil((atMs + this.#gridOffsetMs) / gridMs) * gridMs - this.#gridOffsetMs;
  }

  /** Number of timers that are set. */
  get size(): number {
    return this.#heap.length;
  }

  /** Sets the timer, or moves it if it is set. Infinity cancels it. */
  schedule(atMs: number, timer: Timer): void {
    if (atMs === Number.POSITIVE_INFINITY) {
      this.cancel(timer);
      return;
    }
    if (timer.heapIndex < 0) {
      timer.heapIndex = this.#heap.length;
      this.#heap.push(timer);
    } else if (timer.deadlineMs === atMs) {
      return;
    }
    timer.deadlineMs = atMs;
    this.#siftUp(timer);
    this.#siftDown(timer);
    this.nextDeadlineMs = this.#heap[0].deadlineMs;
  }

  /** Cancels the timer. Has no effect if it is not set. */
  cancel(timer: Timer): void {
    const index = timer.heapIndex;
    if (index < 0) return;
    timer.heapIndex = -1;
    timer.deadlineMs = Number.POSITIVE_INFINITY;
    const last = this.#heap.pop();
    if (last !== undefined && last !== timer) {
      this.#place(last, index);
      this.#siftUp(last);
      this.#siftDown(last);
    }
    this.nextDeadlineMs = this.#heap.length === 0 ? Number.POSITIVE_INFINITY : this.#heap[0].deadlineMs;
  }

  /**
   * Fires the timers that are due, earliest first. A timer that sets itself to a time in the past waits for the next call, so that no timer
   * can keep the engine here forever.
   */
  fireDue(nowMs: number): void {
    for (let remaining = this.#heap.length; remaining > 0 && this.nextDeadlineMs <= nowMs; remaining--) {
      const timer = this.#heap[0];
      this.cancel(timer);
      try {
        timer.fire(nowMs);
      } catch (error) {
        timer.fail(error);
      }
    }
  }

  #siftUp(timer: Timer): void {
    let index = timer.heapIndex;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#heap[parentIndex];
      if (parent.deadlineMs <= timer.deadlineMs) break;
      this.#place(parent, index);
      index = parentIndex;
    }
    this.#place(timer, index);
  }

  #siftDown(timer: Timer): void {
    let index = timer.heapIndex;
    for (;;) {
      const childIndex = this.#earlierChild(index);
      if (childIndex < 0 || this.#heap[childIndex].deadlineMs >= timer.deadlineMs) break;
      this.#place(this.#heap[childIndex], index);
      index = childIndex;
    }
    this.#place(timer, index);
  }

  /** @returns -1 for a leaf */
  #earlierChild(index: number): number {
    const left = 2 * index + 1;
    const right = left + 1;
    if (left >= this.#heap.length) return -1;
    return right < this.#heap.length && this.#heap[right].deadlineMs < this.#heap[left].deadlineMs ? right : left;
  }

  #place(timer: Timer, index: number): void {
    this.#heap[index] = timer;
    timer.heapIndex = index;
  }
}
