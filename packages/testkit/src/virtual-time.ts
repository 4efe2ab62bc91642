/** Something that runs in virtual time, such as an engine with its network. */
export interface TimeDweller {
  /** Sends the output of the last event. */
  settle(): void;
  /** When it must act next; Infinity if never. */
  nextEventMs(): number;
  /** Does everything that is due. */
  act(nowMs: number): void;
}

/** The time that several worlds share. It advances only when a test says so, and stops at each event of any of them. */
export class VirtualTime {
  readonly #dwellers: TimeDweller[] = [];
  #nowMs = 1000;

  get nowMs(): number {
    return this.#nowMs;
  }

  join(dweller: TimeDweller): void {
    this.#dwellers.push(dweller);
  }

  /** Advances the time. Everything that is due happens in order. */
  run(durationMs: number): void {
    const untilMs = this.#nowMs + durationMs;
    for (;;) {
      for (const dweller of this.#dwellers) dweller.settle();
      const nextMs = Math.min(...this.#dwellers.map((dweller) => dweller.nextEventMs()));
      if (nextMs > untilMs) break;
      this.#nowMs = Math.max(this.#nowMs, nextMs);
      for (const dweller of this.#dwellers) dweller.act(this.#nowMs);
    }
    this.#nowMs = untilMs;
  }

  /** Advances the time without running anything. Events that were due happen late, in the next `run`. */
  standStill(durationMs: number): void {
    this.#nowMs += durationMs;
  }
}
