import type { Path } from '../demux/path.ts';
import type { Timer, Timers } from '../timers.ts';

/**
 * A page that follows the API's Quick Start sets its handler for `iceconnectionstatechange` after `setRemoteDescription` has resolved. On a
 * short path Chromium can be connected before that, and the page then waits forever. The first answers are therefore held while the client
 * processes our description. The time from when the description was made until the client's first check shows how fast the client is: the
 * rest takes no longer than twice that. A client that calls the API again during that time has a page that has moved on, and one that says
 * that its handlers are set (`TransportPlan.connectsAtOnce`) is not held up at all.
 *
 * If several checks are held on one path, only the latest is answered. Chromium measures the round trip with the answers. It waits twice
 * the round trip before it repeats the first messages of the DTLS handshake, and doubles the wait each time: an answer that was held for
 * 100 ms leaves it five tries in ten seconds instead of eight.
 */
const HOLD_FACTOR = 2;
/** A client that checks immediately has no page to wait for, or one that is just as fast. */
const MIN_HOLD_MS = 10;
/** A client that takes longer may have waited for something else, such as a person. */
const MAX_HOLD_MS = 100;
/** More addresses than a peer has. */
const MAX_HELD = 32;

/** Briefly holds back the answers to a peer's first connectivity checks. */
export class FirstAnswers implements Timer {
  readonly #timers: Timers;
  readonly #openedAtMs: number;
  #held = new Map<Path, () => void>();
  #state: 'waiting' | 'holding' | 'over' = 'waiting';
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;
  readonly #fail: (error: unknown) => void;

  /** @param openedAtMs when the transport was created, and with it the description that the client waits for */
  constructor(timers: Timers, openedAtMs: number, fail: (error: unknown) => void) {
    this.#timers = timers;
    this.#openedAtMs = openedAtMs;
    this.#fail = fail;
  }

  /** Whether answers are no longer held. */
  get isOver(): boolean {
    return this.#state === 'over';
  }

  /** Sends the answer when the hold ends, which begins with the first one. */
  hold(nowMs: number, path: Path, answer: () => void): void {
    if (this.#state === 'waiting') {
      this.#state = 'holding';
      const holdMs = HOLD_FACTOR * (nowMs - this.#openedAtMs);
      this.#timers.schedule(nowMs + Math.min(MAX_HOLD_MS, Math.max(MIN_HOLD_MS, holdMs)), this);
    }
    if (this.#held.size < MAX_HELD || this.#held.has(path)) this.#held.set(path, answer);
  }

  /** Ends the hold, because the page has moved on since the first check and will miss nothing. Has no effect before that check. */
  endHold(): void {
    if (this.#state !== 'holding') return;
    this.#timers.cancel(this);
    this.fire();
  }

  fire(): void {
    this.#state = 'over';
    const held = this.#held;
    this.#held = new Map();
    for (const answer of held.values()) answer();
  }

  fail(error: unknown): void {
    this.#fail(error);
  }

  close(): void {
    this.#timers.cancel(this);
    this.#held.clear();
  }
}
