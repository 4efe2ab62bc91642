/**
 * A receiver's requests for keyframes (PLI, FIR), at a rate at which they cannot spoil the picture of everybody else who watches: a
 * keyframe costs many times an ordinary frame, and all subscribers get it. A request that comes too soon is kept until its
 * time; a keyframe that comes first answers it.
 */
import type { Timer, Timers } from '../timers.ts';

/** What Jitsi's bridge allows one receiver: one in 200 ms, three in ten seconds. */
const MIN_INTERVAL_MS = 200;
const MAX_SAVED_UP = 3;
const REFILL_INTERVAL_MS = 10_000 / 3;

export class KeyframeDemand implements Timer {
  readonly #timers: Timers;
  readonly #pass: (nowMs: number) => void;
  readonly #onDefect: (error: unknown) => void;
  #saved = MAX_SAVED_UP;
  #refilledAtMs = Number.NEGATIVE_INFINITY;
  #passedAtMs = Number.NEGATIVE_INFINITY;
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;

  /** @param pass hands a request on */
  constructor(timers: Timers, pass: (nowMs: number) => void, onDefect: (error: unknown) => void) {
    this.#timers = timers;
    this.#pass = pass;
    this.#onDefect = onDefect;
  }

  /** Takes a request. @returns false if it is kept for later */
  request(nowMs: number): boolean {
    // One that is kept speaks for all that come until its time.
    if (this.heapIndex >= 0) return false;
    this.#refill(nowMs);
    const dueAtMs = Math.max(this.#passedAtMs + MIN_INTERVAL_MS, this.#saved >= 1 ? nowMs : nowMs + (1 - this.#saved) * REFILL_INTERVAL_MS);
    if (dueAtMs > nowMs) {
      this.#timers.schedule(dueAtMs, this);
      return false;
    }
    this.#passNow(nowMs);
    return true;
  }

  /** The receiver is sent a keyframe, or wants none any more. */
  cancel(): void {
    this.#timers.cancel(this);
  }

  fire(nowMs: number): void {
    this.#refill(nowMs);
    this.#passNow(nowMs);
  }

  fail(error: unknown): void {
    this.#onDefect(error);
  }

  #passNow(nowMs: number): void {
    this.#saved = Math.max(0, this.#saved - 1);
    this.#passedAtMs = nowMs;
    this.#pass(nowMs);
  }

  #refill(nowMs: number): void {
    this.#saved = Math.min(MAX_SAVED_UP, this.#saved + (nowMs - this.#refilledAtMs) / REFILL_INTERVAL_MS);
    this.#refilledAtMs = nowMs;
  }
}
