import type { SecretDigest } from '../app/secret.ts';
import type { Books } from './books.ts';

/** The books have them to the minute, so nothing is gained by telling them sooner. */
const INTERVAL_MS = 10_000;
/** Keys that are remembered while the books cannot be told; each takes some 200 bytes. */
const MAX_REMEMBERED = 10_000;

/** Notes which keys are used, and tells the books now and then. Costs a call no more than an entry in a table. */
export class KeyUses {
  readonly #books: Pick<Books, 'noteKeyUses'>;
  readonly #schedule: (delayMs: number, callback: () => void) => () => void;
  #usedAtMs = new Map<SecretDigest, number>();
  #cancelTimer: () => void;

  /** Tells the books from now on. @param schedule calls back once, later */
  constructor(books: Pick<Books, 'noteKeyUses'>, schedule: (delayMs: number, callback: () => void) => () => void) {
    this.#books = books;
    this.#schedule = schedule;
    this.#cancelTimer = this.#scheduleNext();
  }

  /** @param nowMs milliseconds since 1970 */
  note(digest: SecretDigest, nowMs: number): void {
    if (this.#usedAtMs.size < MAX_REMEMBERED || this.#usedAtMs.has(digest)) this.#usedAtMs.set(digest, nowMs);
  }

  /** Tells the books what they do not know yet. What they cannot be told is kept. Never rejects. */
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

  /** Tells the books a last time. */
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
