/** Applies the effects of a session's state changes, of which one change may have hundreds. */
import type { InPieces } from '../negotiation/index.ts';
import type { DescriptionTurns } from '../overload/description-turns.ts';

/** Ordinary changes are over when the call that makes them returns. */
const STEPS_AT_ONCE = 32;
/** Some 50 us of work. */
const STEPS_PER_PIECE = 8;

export interface GradualOptions {
  readonly appId: string;
  readonly turns: DescriptionTurns;
  /** A step has failed in a later turn, outside of any call. */
  readonly onDefect: (error: unknown) => void;
}

/**
 * Does the first steps of some work at once and the others in later turns of the event loop. Work that begins takes the place of what
 * was not over, and must itself find out what is left to be done.
 */
export class Gradual {
  readonly #options: GradualOptions;
  #work: InPieces<void> | undefined;
  #settled: Promise<void> = Promise.resolve();

  constructor(options: GradualOptions) {
    this.#options = options;
  }

  begin(work: InPieces<void>): void {
    this.#work = work;
    if (this.#do(work, STEPS_AT_ONCE)) return;
    const { appId, turns, onDefect } = this.#options;
    const rest = turns.run(appId, 0, () => this.#do(work, STEPS_PER_PIECE) || undefined);
    this.#settled = rest.then(() => undefined, onDefect);
  }

  stop(): void {
    this.#work = undefined;
  }

  /** Resolves when there is nothing left to be done; work that was stopped counts as over. */
  async settled(): Promise<void> {
    for (let latest: unknown; latest !== this.#settled; ) {
      latest = this.#settled;
      await latest;
    }
  }

  /** A step may lead to other work of this object, which then takes the place of this. @returns whether it is over */
  #do(work: InPieces<void>, steps: number): boolean {
    for (let step = 0; step < steps; step++) {
      if (this.#work !== work) return true;
      if (work.next().done === true) {
        if (this.#work === work) this.#work = undefined;
        return true;
      }
    }
    return this.#work !== work;
  }
}
