import type { SecretDigest } from '../app/secret.ts';
import type { Books } from './books.ts';

/** The books record uses to the minute, so writing them more often gains nothing. */
const INTERVAL_MS = 10_000;
/** The number of keys remembered while the books cannot be reached; each takes about 200 bytes. */
const MAX_REMEMBERED = 10_000;

/** Collects which keys are used, and writes them to the books periodically, so that a call only costs a map entry. */
export class KeyUses {
  readonly #books: Pick<Books, 'noteKeyUses'>;
  readonly #schedule: (delayMs: number, callback: () => void) => () => void;
  #usedAtMs = new Map<SecretDigest, number>();
  #cancelTimer: () => void;

  /** Starts writing to the books periodically. @param schedule calls back once, after the delay */
  constructor(books: Pick<Books, 'noteKeyUses'>, schedule: (delayMs: number, callback: () => void) => () => void) {
    this.#books = books;
    this.#schedule = schedule;
    this.#cancelTimer = this.#scheduleNext();
  }

  /** @param nowMs milliseconds since 1970 */
  note(digest: SecretDigest, nowMs: number): void {
    if (this.#usedAtMs.size < MAX_REMEMBERED || this.#usedAtMs.has(digest)) this.#usedAtMs.set(digest, nowMs);
  }

  /** Writes outstanding uses to the books, and keeps them if that fails. Never rejects. */
  async flush(): Promise<void> {
    const told = this.#usedAtMs;
    if (told.size === 0) return;
    this.#usedAtMs = new Map();
    try {
      await this.#books.noteKeyUses([...told].map(([digest, usedAtMs]) => ({ digest, usedAtMs })));
    } catch {
      for (const [digest, usedAtMs] of told) if (!this.#usedAtMs.has(digest)) this.note(digest, usedAtMs);
    }
  }

  /** Stops, after writing the outstanding uses. */
  async close(): Promise<void> {
    this.#cancelTimer();
    await this.flush();
  }

  #scheduleNext(): () => void {
    return this.#schedule(INTERVAL_MS, () => {
      this.#cancelTimer = this.#scheduleNext();
      void this.flush();
    });
  }
}
