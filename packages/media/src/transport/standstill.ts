/**
 * Measures for how long the engine did not run when it should have, because the process was stopped or the machine slept. No peer could be
 * heard during that time, which does not mean that they were silent.
 */
import { onGrid, type Timer, type Timers } from '../timers.ts';

const LOOK_EVERY_MS = 500;
/** The timers of all engines on a machine are aligned. */
const GRID_MS = 250;
/** A delay this long cannot be due to the work of other timers. */
const STOOD_STILL_MS = 1_000;

export class Standstill implements Timer {
  readonly #timers: Timers;
  /** Number of peers that need the measurement. */
  #watchers = 0;
  #totalMs = 0;
  #lookAtMs = Number.POSITIVE_INFINITY;
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Starts the measurement for another peer. */
  watch(nowMs: number): void {
    if (this.#watchers++ === 0) this.#lookLater(nowMs);
  }

  unwatch(): void {
    if (--this.#watchers === 0) this.#timers.cancel(this);
  }

  /** The total duration so far. Only differences are meaningful. */
  totalMs(nowMs: number): number {
    // The caller's timer may fire before the late timer of this object.
    if (nowMs - this.#lookAtMs >= STOOD_STILL_MS) this.#note(nowMs);
    return this.#totalMs;
  }

  /** The total as of the last timer. Cheap enough to read for each packet, and no packet arrives while nothing runs. */
  get knownMs(): number {
    return this.#totalMs;
  }

  fire(nowMs: number): void {
    this.#note(nowMs);
  }

  fail(): void {
    // `fire` only reads the clock, so it does not fail.
  }

  #note(nowMs: number): void {
    const lateMs = nowMs - this.#lookAtMs;
    if (lateMs >= STOOD_STILL_MS) this.#totalMs += lateMs;
    this.#lookLater(nowMs);
  }

  #lookLater(nowMs: number): void {
    this.#lookAtMs = onGrid(nowMs + LOOK_EVERY_MS, GRID_MS);
    this.#timers.schedule(this.#lookAtMs, this);
  }
}
