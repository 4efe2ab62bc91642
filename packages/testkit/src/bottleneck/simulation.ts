interface Occurrence {
  readonly atMs: number;
  /** Orders events that are due at the same time by when they were scheduled. */
  readonly order: number;
  readonly act: () => void;
}

/** A discrete event simulation: a heap of events, and a clock that jumps to the next one. */
export class Simulation {
  readonly #heap: Occurrence[] = [];
  #nowMs = 0;
  #order = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** When the next event is due; Infinity if there is none. */
  get nextAtMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** Schedules an action; if the time has passed, it runs right after the present event. */
  at(atMs: number, act: () => void): void {
    const occurrence = { atMs: Math.max(atMs, this.#nowMs), order: this.#order++, act };
    let place = this.#heap.push(occurrence) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(occurrence, this.#heap[parent])) break;
      this.#heap[place] = this.#heap[parent] as Occurrence;
      place = parent;
    }
    this.#heap[place] = occurrence;
  }

  after(delayMs: number, act: () => void): void {
    this.at(this.#nowMs + delayMs, act);
  }

  /** Runs an action now and then at intervals, until `act` returns false. */
  every(intervalMs: number, act: () => boolean | undefined): void {
    this.at(this.#nowMs, () => {
      if (act() !== false) this.after(intervalMs, () => this.every(intervalMs, act));
    });
  }

  /** Advances the time, and runs all due events in order. */
  runUntil(untilMs: number): void {
    for (let first = this.#heap[0]; first !== undefined && first.atMs <= untilMs; first = this.#heap[0]) {
      this.#takeFirst();
      this.#nowMs = first.atMs;
      first.act();
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  #takeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      const right = this.#heap[child + 1];
      if (right !== undefined && isBefore(right, this.#heap[child])) child++;
      const smaller = this.#heap[child];
      if (smaller === undefined || !isBefore(smaller, last)) break;
      this.#heap[place] = smaller;
      place = child;
    }
    this.#heap[place] = last;
  }
}

function isBefore(one: Occurrence, other: Occurrence | undefined): boolean {
  return other === undefined || one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
