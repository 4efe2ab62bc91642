import { HELD_BACK_MS, type Impairment, UNIMPAIRED } from './impairment.ts';

/** The lot of one datagram: when each copy of it arrives. None when it is lost. */
export type Arrivals = readonly number[];

const LOST: Arrivals = [];

/** Decides for one direction of a line what becomes of each datagram. Does no I/O; the same seed decides the same. */
export class ImpairedLine {
  readonly #random: () => number;
  #impairment: Impairment = UNIMPAIRED;
  #lastInOrderMs = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  get impairment(): Impairment {
    return this.#impairment;
  }

  /** For the datagrams from now on. */
  impair(impairment: Impairment): void {
    this.#impairment = impairment;
  }

  /** @returns the times at which it arrives, on the clock of `nowMs` */
  take(nowMs: number): Arrivals {
    const { delayMs, jitterMs, lossRatio, reorderRatio, duplicateRatio, isCut } = this.#impairment;
    if (isCut || this.#happens(lossRatio)) return LOST;
    const dueMs = nowMs + delayMs + (jitterMs === 0 ? 0 : jitterMs * this.#random());
    if (this.#happens(reorderRatio)) return [dueMs + HELD_BACK_MS];
    this.#lastInOrderMs = Math.max(this.#lastInOrderMs, dueMs);
    return this.#happens(duplicateRatio) ? [this.#lastInOrderMs, this.#lastInOrderMs] : [this.#lastInOrderMs];
  }

  #happens(ratio: number): boolean {
    return ratio > 0 && this.#random() < ratio;
  }
}
