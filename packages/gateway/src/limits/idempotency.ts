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
export function createMemoryIdempotencyStore(now: () => number): IdempotencyStore {
  const entries = new Map<string, Entry>();
  let keptBytes = 0;

  const forget = (key: string, entry: Entry): void => {
    if (entries.get(key) !== entry) return;
    entries.delete(key);
    keptBytes -= entry.settled?.sizeBytes ?? 0;
  };

  const forgetOld = (): void => {
    for (const [key, entry] of entries) {
      if (entry.settled === undefined) continue;
      if (entry.settled.expiresAtMs > now() && entries.size <= MAX_KEPT_REPLIES && keptBytes <= MAX_KEPT_BYTES) return;
      forget(key, entry);
    }
  };

  const keep = (key: string, entry: Entry, json: string): void => {
    // Moved to the end, so that the map is in the order in which replies expire.
    entries.delete(key);
    entry.settled = { expiresAtMs: now() + KEPT_FOR_MS, sizeBytes: json.length };
    entries.set(key, entry);
    keptBytes += json.length;
    forgetOld();
  };

  return {
    async run({ key, fingerprint }, execute) {
      forgetOld();
      const earlier = entries.get(key);
      if (earlier !== undefined) {
        if (earlier.fingerprint !== fingerprint) {
          throw new SfuError('idempotency_key_reused', 'this Idempotency-Key was used with a different request body; use a new key');
        }
        return { json: await earlier.reply, isReplay: true };
      }
      const entry: Entry = { fingerprint, reply: execute(), settled: undefined };
      entries.set(key, entry);
      return entry.reply.then(
        (json) => {
          keep(key, entry, json);
          return { json, isReplay: false };
        },
        (error: unknown) => {
          forget(key, entry);
          throw error;
        },
      );
    },
  };
}
