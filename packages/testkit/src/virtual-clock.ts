/** Time that passes only when a test says so. Satisfies the clocks that packages declare (`sfu`'s `Clock` among them). */
export class VirtualClock {
  #nowMs = 0;
  #order = 0;
  readonly #startWallClockMs: number;
  readonly #timers = new Map<number, { readonly dueAtMs: number; readonly callback: () => void }>();

  /** @param startWallClockMs what `wallClockMs()` says at the start, milliseconds since 1970 */
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
    const id = this.#order++;
    this.#timers.set(id, { dueAtMs: this.#nowMs + Math.max(0, delayMs), callback });
    return () => this.#timers.delete(id);
  }

  /** How many timers are armed: 0 means that nothing was left behind. */
  get armedTimers(): number {
    return this.#timers.size;
  }

  /** Lets time pass and runs what falls due, in order; promises settle after each callback. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs;
    await settle();
    for (let next = this.#takeDue(endMs); next !== undefined; next = this.#takeDue(endMs)) {
      this.#nowMs = next.dueAtMs;
      next.callback();
      await settle();
    }
    this.#nowMs = endMs;
    await settle();
  }

  #takeDue(endMs: number): { readonly dueAtMs: number; readonly callback: () => void } | undefined {
    let earliest: number | undefined;
    for (const [id, { dueAtMs }] of this.#timers) {
      if (dueAtMs > endMs) continue;
      if (earliest === undefined || dueAtMs < (this.#timers.get(earliest)?.dueAtMs ?? Number.POSITIVE_INFINITY)) earliest = id;
    }
    if (earliest === undefined) return undefined;
    const timer = this.#timers.get(earliest);
    this.#timers.delete(earliest);
    return timer;
  }
}

/** Chains of promises as long as this are settled between two timers. */
const SETTLED_TURNS = 50;

async function settle(): Promise<void> {
  for (let turn = 0; turn < SETTLED_TURNS; turn++) await Promise.resolve();
}
