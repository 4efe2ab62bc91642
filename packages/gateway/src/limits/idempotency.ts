import { SfuError } from '@causeway/protocol';

/** How long the reply to a call with an Idempotency-Key is kept for repetitions. */
const KEPT_FOR_MS = 10 * 60 * 1000;
const MAX_KEPT_REPLIES = 20_000;
/** Replies carry SDP of some 10 KiB. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;

/** What identifies a call and its repetitions. */
export interface IdempotentCall {
  /** App, route, session and the client's key. */
  readonly key: string;
  /** Of the request body: a key must not be used for two different ones. */
  readonly fingerprint: string;
}

export interface IdempotentReply {
  readonly json: string;
  /** Whether it is the reply to an earlier call. */
  readonly isReplay: boolean;
}

/** Remembers replies, so that a call which is repeated because its reply got lost is not carried out twice. */
export interface IdempotencyStore {
  /**
   * Carries a call out, or waits for and returns the reply to the first call of this key. Failed calls have changed nothing and
   * are not remembered.
   *
   * @throws idempotency_key_reused – the key belongs to a call with another body
   */
  run(call: IdempotentCall, execute: () => Promise<string>): Promise<IdempotentReply>;
}

interface Entry {
  readonly fingerprint: string;
  readonly reply: Promise<string>;
  /** undefined while the call is being carried out. */
  settled: { readonly expiresAtMs: number; readonly sizeBytes: number } | undefined;
}

/** Keeps replies in this process, at most 64 MiB of them; the oldest are forgotten first. */
export class MemoryIdempotencyStore implements IdempotencyStore {
  readonly #now: () => number;
  /** Calls under way where they began, settled ones behind in the order in which they expire. */
  readonly #entries = new Map<string, Entry>();
  #keptBytes = 0;

  /** @param now milliseconds since any moment, never going back */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Replies that are remembered, calls under way among them, and the length of all replies. */
  get kept(): { readonly replies: number; readonly bytes: number } {
    return { replies: this.#entries.size, bytes: this.#keptBytes };
  }

  async run({ key, fingerprint }: IdempotentCall, execute: () => Promise<string>): Promise<IdempotentReply> {
    this.#forgetOld();
    const earlier = this.#entries.get(key);
    if (earlier === undefined) return { json: await this.#runFirst(key, fingerprint, execute), isReplay: false };
    if (earlier.fingerprint !== fingerprint) {
      throw new SfuError('idempotency_key_reused', 'this Idempotency-Key was used with a different request body; use a new key');
    }
    return { json: await earlier.reply, isReplay: true };
  }

  async #runFirst(key: string, fingerprint: string, execute: () => Promise<string>): Promise<string> {
    const entry: Entry = { fingerprint, reply: execute(), settled: undefined };
    this.#entries.set(key, entry);
    try {
      const json = await entry.reply;
      this.#keep(key, entry, json);
      return json;
    } catch (error) {
      this.#forget(key, entry);
      throw error;
    }
  }

  #keep(key: string, entry: Entry, json: string): void {
    this.#entries.delete(key);
    entry.settled = { expiresAtMs: this.#now() + KEPT_FOR_MS, sizeBytes: json.length };
    this.#entries.set(key, entry);
    this.#keptBytes += json.length;
    this.#forgetOld();
  }

  #forgetOld(): void {
    for (const [key, entry] of this.#entries) {
      if (entry.settled === undefined) continue;
      const isWithinBounds = this.#entries.size <= MAX_KEPT_REPLIES && this.#keptBytes <= MAX_KEPT_BYTES;
      if (isWithinBounds && entry.settled.expiresAtMs > this.#now()) return;
      this.#forget(key, entry);
    }
  }

  #forget(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#keptBytes -= entry.settled?.sizeBytes ?? 0;
  }
}
