/** Something that happens at a time. The object is the timer for its whole life: arming it again allocates nothing. */
export interface Timer {
  /** When it is due, Infinity while not armed; written by `Timers` alone. */
  deadlineMs: number;
  /** Its place in the heap, -1 while not armed; written by `Timers` alone. */
  heapIndex: number;
  /** Called when due, disarmed; may arm itself or any other timer, and cancel any other. */
  fire(nowMs: number): void;
  /** Called when `fire` has thrown, which is a defect of ours: the others must get their turn all the same. */
  fail(error: unknown): void;
}

/** The time of the engine call under way: for what it sets off that is not told the time, such as a flush of a full outbox. */
export interface EngineTime {
  nowMs: number;
}

/**
 * Rounds a time up to a grid that all timers without need of precision share: what is due together wakes the process once. With a
 * hundred peers each waking it for itself, the waking costs more than the work.
 */
export function onGrid(atMs: number, gridMs: number): number {
  return Math.ceil(atMs / gridMs) * gridMs;
}

/**
 * All deadlines of one engine: a binary heap of timers, each of which knows its place in it, so that moving and cancelling
 * one takes logarithmic time.
 */
export class Timers {
  readonly #heap: Timer[] = [];

  /** How many timers are armed. */
  get size(): number {
    return this.#heap.length;
  }

  /** When `fireDue` is to be called next; Infinity when nothing is armed. */
  get nextDeadlineMs(): number {
    return this.#heap.length === 0 ? Number.POSITIVE_INFINITY : this.#heap[0].deadlineMs;
  }

  /** Arms the timer, or moves it if it is armed. Infinity disarms it. */
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
  }

  /** Disarms the timer; nothing happens if it is not armed. */
  cancel(timer: Timer): void {
    const index = timer.heapIndex;
    if (index < 0) return;
    timer.heapIndex = -1;
    timer.deadlineMs = Number.POSITIVE_INFINITY;
    const last = this.#heap.pop();
    if (last === undefined || last === timer) return;
    this.#place(last, index);
    this.#siftUp(last);
    this.#siftDown(last);
  }

  /**
   * Fires what is due, earliest first. A timer that arms itself for a time already past waits for the next call, so that
   * no timer can keep the engine here for ever.
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
