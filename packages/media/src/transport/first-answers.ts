import type { Path } from '../demux/path.ts';
import type { Timer, Timers } from '../timers.ts';

/**
 * A page that follows the API's Quick Start sets its handler for `iceconnectionstatechange` after `setRemoteDescription` has
 * resolved. On a short path Chromium can be connected before that, and the page then waits for ever. So the first answers are
 * held while the client is busy with our description. How fast it is shows in the time from when the description was made until
 * its first check: the rest takes no longer than twice that. A client that calls the API again in that time has a page that moved on,
 * and one that says that its handlers are set (`TransportPlan.connectsAtOnce`) is not held up at all.
 *
 * Of several checks that are held on one path only the latest is answered. Chromium measures the round trip with the answers, and waits
 * twice that before it repeats the first messages of the DTLS handshake, then twice as long each time: an answer that was held for 100 ms
 * leaves it five tries in ten seconds instead of eight.
 */
const HOLD_FACTOR = 2;
/** A client that checks at once has no page to wait for, or one that is as fast. */
const MIN_HOLD_MS = 10;
/** A client that takes longer may have waited for something else, such as a person. */
const MAX_HOLD_MS = 100;
/** A peer has few addresses. */
const MAX_HELD = 32;

/** Holds the answers to a peer's first connectivity checks back for a moment. */
export class FirstAnswers implements Timer {
  readonly #timers: Timers;
  readonly #openedAtMs: number;
  #held = new Map<Path, () => void>();
  #state: 'waiting' | 'holding' | 'over' = 'waiting';
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;
  readonly #fail: (error: unknown) => void;

  /** @param openedAtMs when the transport was made, and with it the description that the client waits for */
  constructor(timers: Timers, openedAtMs: number, fail: (error: unknown) => void) {
    this.#timers = timers;
    this.#openedAtMs = openedAtMs;
    this.#fail = fail;
  }

  /** Sends now, or when the moment is over. */
  send(nowMs: number, path: Path, answer: () => void): void {
    if (this.#state === 'over') {
      answer();
      return;
    }
    if (this.#state === 'waiting') {
      this.#state = 'holding';
      const holdMs = HOLD_FACTOR * (nowMs - this.#openedAtMs);
      this.#timers.schedule(nowMs + Math.min(MAX_HOLD_MS, Math.max(MIN_HOLD_MS, holdMs)), this);
    }
    if (this.#held.size < MAX_HELD || this.#held.has(path)) this.#held.set(path, answer);
  }

  /** The page has moved on since the first check, so it misses nothing. Has no effect before that check. */
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
