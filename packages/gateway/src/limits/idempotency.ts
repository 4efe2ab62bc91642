import { SfuError } from '@causeway/protocol';

/** How long the reply to a call with an Idempotency-Key is kept for repetitions. */
const KEPT_FOR_MS = 10 * 60 * 1000;
const MAX_KEPT_REPLIES = 100_000;
/** Replies contain about 10 KiB of SDP. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;
export const DEFAULT_MAX_REPLIES_PER_APP = 20_000;
/** Expired replies are removed by the next call of their app, or by this sweep. */
const SWEEP_INTERVAL_MS = 60_000;

/** Identifies a call and its repetitions. */
export interface IdempotentCall {
  readonly appId: string;
  /** Route, session and the client's key; unique within the app. */
  readonly key: string;
  /** Digest of the request body, since a key must not be used for two different ones. */
  readonly fingerprint: string;
  /** How many replies are kept for this app, if it differs from the default. */
  readonly maxReplies?: number | undefined;
}

/** A reply, and whether it was sent before. */
export interface IdempotentReply {
  readonly json: string;
  /** Whether it is the reply to an earlier call. */
  readonly isReplay: boolean;
}

/** Remembers replies, so that a call that is repeated because its reply was lost is not carried out twice. */
export interface IdempotencyStore {
  /**
   * Carries out a call, or returns the reply to the first call with this key, once there is one. Failed calls have
   * changed nothing and are not remembered.
   *
   * @throws idempotency_key_reused – the key belongs to a call with another body
   */
  run(call: IdempotentCall, execute: () => Promise<string>): Promise<IdempotentReply>;
}

interface Entry {
  readonly fingerprint: string;
  readonly reply: Promise<string>;
  /** Undefined while the call is being carried out. */
  settled: { readonly expiresAtMs: number; readonly sizeBytes: number } | undefined;
}

/** The replies to calls of one app. */
interface Shelf {
  /** Pending calls at the front, then settled ones in the order of their expiry. */
  readonly entries: Map<string, Entry>;
  keptBytes: number;
}

/**
 * Keeps replies in this process, at most 64 MiB. If there is no room, the app with the most loses its oldest, so no app
 * loses replies to one that makes more calls.
 */
export class MemoryIdempotencyStore implements IdempotencyStore {
  readonly #now: () => number;
  readonly #maxRepliesPerApp: number;
  readonly #shelves = new Map<string, Shelf>();
  #keptReplies = 0;
  #keptBytes = 0;
  #forgottenEarly = 0;
  #sweptAtMs: number;

  /** @param now monotonic time in milliseconds */
  constructor(now: () => number, maxRepliesPerApp = DEFAULT_MAX_REPLIES_PER_APP) {
    this.#now = now;
    this.#maxRepliesPerApp = maxRepliesPerApp;
    this.#sweptAtMs = now();
  }

  /** The number of remembered replies, including pending calls, and the total length of the replies. */
  get kept(): { readonly replies: number; readonly bytes: number } {
    return { replies: this.#keptReplies, bytes: this.#keptBytes };
  }

  /** The number of replies that were forgotten before their expiry for lack of room. */
  get forgottenEarly(): number {
    return this.#forgottenEarly;
  }

  async run(call: IdempotentCall, execute: () => Promise<string>): Promise<IdempotentReply> {
    this.#sweep();
    const shelf = this.#shelves.get(call.appId);
    if (shelf !== undefined) this.#forgetExpired(shelf);
    const earlier = shelf?.entries.get(call.key);
    if (earlier === undefined) return { json: await this.#runFirst(call, execute), isReplay: false };
    if (earlier.fingerprint !== call.fingerprint) {
      throw new SfuError('idempotency_key_reused', 'this Idempotency-Key was used with a different request body; use a new key');
    }
    return { json: await earlier.reply, isReplay: true };
  }

  async #runFirst(call: IdempotentCall, execute: () => Promise<string>): Promise<string> {
    const { appId, key, fingerprint, maxReplies = this.#maxRepliesPerApp } = call;
    const shelf = this.#shelves.get(appId) ?? { entries: new Map<string, Entry>(), keptBytes: 0 };
    this.#shelves.set(appId, shelf);
    const entry: Entry = { fingerprint, reply: execute(), settled: undefined };
    shelf.entries.set(key, entry);
    this.#keptReplies++;
    try {
      const json = await entry.reply;
      this.#keep(shelf, key, entry, json);
      while (shelf.entries.size > maxReplies && this.#forgetOldest(shelf));
      this.#makeRoom();
      return json;
    } catch (error) {
      this.#forget(shelf, key, entry);
      if (shelf.entries.size === 0) this.#shelves.delete(appId);
      throw error;
    }
  }

  #keep(shelf: Shelf, key: string, entry: Entry, json: string): void {
    shelf.entries.delete(key);
    entry.settled = { expiresAtMs: this.#now() + KEPT_FOR_MS, sizeBytes: json.length };
    shelf.entries.set(key, entry);
    shelf.keptBytes += json.length;
    this.#keptBytes += json.length;
  }

  #makeRoom(): void {
    while (this.#keptReplies > MAX_KEPT_REPLIES && this.#forgetOldest(this.#largest(({ entries }) => entries.size)));
    while (this.#keptBytes > MAX_KEPT_BYTES && this.#forgetOldest(this.#largest(({ keptBytes }) => keptBytes)));
  }

  #largest(sizeOf: (shelf: Shelf) => number): Shelf | undefined {
    let largest: Shelf | undefined;
    for (const shelf of this.#shelves.values()) if (largest === undefined || sizeOf(shelf) > sizeOf(largest)) largest = shelf;
    return largest;
  }

  /** @returns false if all calls of the app are still pending */
  #forgetOldest(shelf: Shelf | undefined): boolean {
    for (const [key, entry] of shelf?.entries ?? []) {
      if (shelf === undefined || entry.settled === undefined) continue;
      this.#forget(shelf, key, entry);
      this.#forgottenEarly++;
      return true;
    }
    return false;
  }

  #sweep(): void {
    if (this.#now() - this.#sweptAtMs < SWEEP_INTERVAL_MS) return;
    this.#sweptAtMs = this.#now();
    for (const [appId, shelf] of this.#shelves) {
      this.#forgetExpired(shelf);
      if (shelf.entries.size === 0) this.#shelves.delete(appId);
    }
  }

  #forgetExpired(shelf: Shelf): void {
    for (const [key, entry] of shelf.entries) {
      if (entry.settled === undefined) continue;
      if (entry.settled.expiresAtMs > this.#now()) return;
      this.#forget(shelf, key, entry);
    }
  }

  #forget(shelf: Shelf, key: string, entry: Entry): void {
    const sizeBytes = entry.settled?.sizeBytes ?? 0;
    shelf.entries.delete(key);
    shelf.keptBytes -= sizeBytes;
    this.#keptReplies--;
    this.#keptBytes -= sizeBytes;
  }
}
