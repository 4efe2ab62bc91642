import { HELD_BACK_MS, type Impairment, MAX_QUEUE_MS, UNIMPAIRED } from './impairment.ts';

/** The lot of one datagram: when each copy of it arrives. None when it is lost. */
export type Arrivals = readonly number[];

const LOST: Arrivals = [];

/** Decides for one direction of a line what becomes of each datagram. Does no I/O; the same seed decides the same. */
export class ImpairedLine {
  readonly #random: () => number;
  #impairment: Impairment = UNIMPAIRED;
  #lastInOrderMs = 0;
  /** When the line has sent all that waits in front of it. */
  #freeAtMs = 0;
  #stillToLose = 0;

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
  take(nowMs: number, sizeBytes: number): Arrivals {
    const { delayMs, jitterMs, reorderRatio, duplicateRatio, isCut } = this.#impairment;
    const sentAtMs = this.#queue(nowMs, sizeBytes);
    if (isCut || sentAtMs === undefined || this.#isLost()) return LOST;
    const dueMs = sentAtMs + delayMs + (jitterMs === 0 ? 0 : jitterMs * this.#random());
    if (this.#happens(reorderRatio)) return [dueMs + HELD_BACK_MS];
    this.#lastInOrderMs = Math.max(this.#lastInOrderMs, dueMs);
    return this.#happens(duplicateRatio) ? [this.#lastInOrderMs, this.#lastInOrderMs] : [this.#lastInOrderMs];
  }

  /** @returns when the datagram has been sent; undefined if it finds the queue full */
  #queue(nowMs: number, sizeBytes: number): number | undefined {
    const freeAtMs = Math.max(nowMs, this.#freeAtMs);
    if (freeAtMs - nowMs > MAX_QUEUE_MS) return undefined;
    this.#freeAtMs = freeAtMs + (8_000 * sizeBytes) / this.#impairment.rateBps;
    return this.#freeAtMs;
  }

  #isLost(): boolean {
    const { lossRatio, lossBurst } = this.#impairment;
    if (this.#stillToLose === 0 && this.#happens(lossRatio / lossBurst)) this.#stillToLose = lossBurst;
    if (this.#stillToLose === 0) return false;
    this.#stillToLose--;
    return true;
  }

  #happens(ratio: number): boolean {
    return ratio > 0 && this.#random() < ratio;
  }
}
