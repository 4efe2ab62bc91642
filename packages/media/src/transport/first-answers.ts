import type { Timer, Timers } from '../timers.ts';

/**
 * A page that follows the API's Quick Start sets its handler for `iceconnectionstatechange` after `setRemoteDescription` has
 * resolved. On a short path Chromium is connected before that, two times in twelve, and the page then waits for ever.
 */
const HOLD_MS = 100;
/** A peer checks its few pairs of candidates a few times in that time. */
const MAX_HELD = 32;

/** Holds the answers to a peer's first connectivity checks back for a moment. */
export class FirstAnswers implements Timer {
  readonly #timers: Timers;
  #held: (() => void)[] = [];
  #state: 'waiting' | 'holding' | 'over' = 'waiting';
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;
  readonly #fail: (error: unknown) => void;

  constructor(timers: Timers, fail: (error: unknown) => void) {
    this.#timers = timers;
    this.#fail = fail;
  }

  /** Sends now, or when the moment is over. */
  send(nowMs: number, answer: () => void): void {
    if (this.#state === 'over') {
      answer();
      return;
    }
    if (this.#state === 'waiting') {
      this.#state = 'holding';
      this.#timers.schedule(nowMs + HOLD_MS, this);
    }
    if (this.#held.length < MAX_HELD) this.#held.push(answer);
  }

  fire(): void {
    this.#state = 'over';
    const held = this.#held;
    this.#held = [];
    for (const answer of held) answer();
  }

  fail(error: unknown): void {
    this.#fail(error);
  }

  close(): void {
    this.#timers.cancel(this);
    this.#held = [];
  }
}
