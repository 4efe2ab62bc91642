/**
 * Limits the rate of a receiver's keyframe requests (PLI, FIR). A keyframe is many times larger than an ordinary frame and goes to every
 * subscriber, so too many requests by one receiver would reduce the picture quality of all the others. A request that comes too soon is
 * held until it is allowed; a keyframe sent in the meantime answers it.
 */
import type { Timer, Timers } from '../timers.ts';

/** Jitsi Videobridge allows one receiver the same: one request in 200 ms, and three in ten seconds. */
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

  /** @param pass forwards a request towards the publisher */
  constructor(timers: Timers, pass: (nowMs: number) => void, onDefect: (error: unknown) => void) {
    this.#timers = timers;
    this.#pass = pass;
    this.#onDefect = onDefect;
  }

  /** Takes a request. @returns false if it is held for later */
  request(nowMs: number): boolean {
    // A held request stands for all that arrive until it is passed on.
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

  /** Drops a held request, because the receiver is being sent a keyframe or no longer wants one. */
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
