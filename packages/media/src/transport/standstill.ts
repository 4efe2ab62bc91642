/**
 * For how long the engine did not run when it should have: the process was stopped, or the whole machine slept. No peer could be heard
 * then, which does not mean that they were silent.
 */
import { onGrid, type Timer, type Timers } from '../timers.ts';

const LOOK_EVERY_MS = 500;
/** Looks of all engines of a machine fall together. */
const GRID_MS = 250;
/** So late that it was not another timer's work. */
const STOOD_STILL_MS = 1_000;

export class Standstill implements Timer {
  readonly #timers: Timers;
  /** Peers that have to know. */
  #watchers = 0;
  #totalMs = 0;
  #lookAtMs = Number.POSITIVE_INFINITY;
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** A peer has to know from now on. */
  watch(nowMs: number): void {
    if (this.#watchers++ === 0) this.#lookLater(nowMs);
  }

  unwatch(): void {
    if (--this.#watchers === 0) this.#timers.cancel(this);
  }

  /** How long it was in all, so far; only differences mean something. */
  totalMs(nowMs: number): number {
    // The peer that asks may be due before the look that has come too late, too.
    if (nowMs - this.#lookAtMs >= STOOD_STILL_MS) this.#note(nowMs);
    return this.#totalMs;
  }

  /** As `totalMs`, as of the last look: for each packet, of which none comes while nothing runs. */
  get knownMs(): number {
    return this.#totalMs;
  }

  fire(nowMs: number): void {
    this.#note(nowMs);
  }

  fail(): void {
    // It looks at the time, and nothing else.
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
