import type { KeyObject } from 'node:crypto';
import { type Revocation, RevocationList, type Revocations } from '@causeway/accounts';
import { AppId, MAX_TOKEN_SECONDS, NumericDate, type TokenGrants, TokenId, TokenSubject } from '@causeway/protocol';
import type { CancelTimer } from '@causeway/sfu';
import { z } from 'zod';
import { NODE_KEYS, REVOCATION_HINTS } from '../redis/keys.ts';
import type { RedisCommand, RedisLink } from '../redis/redis-link.ts';
import type { Timers } from '../time/cluster-clock.ts';
import { openSignedText, signText } from '../trust/signed-text.ts';

export interface RedisRevocationsOptions {
  readonly link: RedisLink;
  /** Used for no other purpose. */
  readonly key: KeyObject;
  readonly timers: Timers;
  /** The time by the cluster's clock. */
  readonly clusterNowMs: () => number;
  /** Called when Redis can no longer be read, or can be again. In between, this node does not learn what other nodes revoke. */
  readonly onReadable: (isReadable: boolean, error?: unknown) => void;
}

/**
 * From the beginning of one reading to that of the next. A revocation takes effect everywhere within two seconds, with or without a hint,
 * even if Redis is so far away or so busy that replies take half a second.
 */
const INTERVAL_MS = 1_000;
const ENTRIES_PER_READING = 1_000;
/** Tokens issued before then have expired, even if a clock was slightly off. */
const KEPT_FOR_MS = MAX_TOKEN_SECONDS * 1_000 + 5 * 60_000;
const BEGINNING = '0-0';

const Entries = z.array(z.tuple([z.string(), z.array(z.string())]));

/**
 * The revocations of a cluster. They are in a stream in Redis that every node reads once a second, and immediately on a
 * hint. The nodes' memory is authoritative: they rewrite entries that Redis has lost.
 */
export class RedisRevocations implements Revocations {
  readonly #options: RedisRevocationsOptions;
  readonly #list: RevocationList;
  readonly #listeners = new Set<(revocation: Revocation) => void>();
  readonly #stopListening: () => void;
  /** Id of the last entry that was read. */
  #position = BEGINNING;
  #reading: Promise<void> | undefined;
  #hasMoreToRead = false;
  #cancelTimer: CancelTimer | undefined;
  #isReadable = true;
  #refused = 0;
  #hasStopped = false;

  constructor(options: RedisRevocationsOptions) {
    this.#options = options;
    this.#list = new RevocationList(() => options.timers.nowMs());
    options.link.subscribe(REVOCATION_HINTS, () => void this.#refresh());
    // The connection may be to another Redis, or to an older state of this one.
    this.#stopListening = options.link.onReady(() => {
      this.#position = BEGINNING;
      void this.#refresh();
    });
  }

  get size(): number {
    return this.#list.size;
  }

  /** The number of entries that were not written by a node with the cluster key. */
  get refused(): number {
    return this.#refused;
  }

  /** Resolves when this node knows all revocations so far. @throws SfuError `registry_unavailable` */
  async start(): Promise<void> {
    await this.#read();
    this.#schedule(INTERVAL_MS);
  }

  stop(): void {
    this.#hasStopped = true;
    this.#stopListening();
    this.#cancelTimer?.();
  }

  isRevoked(appId: AppId, token: Pick<TokenGrants, 'sub' | 'jti' | 'iat'>): boolean {
    return this.#list.isRevoked(appId, token);
  }

  async revoke(revocation: Revocation): Promise<void> {
    this.#list.checkRoom(revocation.appId);
    await this.#write(revocation);
    this.#learn(revocation);
    // If the hint is lost, the other nodes read the entry up to a second later.
    await this.#options.link.send(['PUBLISH', REVOCATION_HINTS, '']).catch(() => undefined);
  }

  onRevoked(listener: (revocation: Revocation) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #write(revocation: Revocation): Promise<void> {
    const { link, key, clusterNowMs } = this.#options;
    const oldestMs = Math.max(0, Math.round(clusterNowMs() - KEPT_FOR_MS));
    const text = writeRevocation(revocation, key);
    await link.send(['XADD', NODE_KEYS.revocations, 'MINID', '~', `${oldestMs}-0`, '*', 'r', text]);
  }

  #learn(revocation: Revocation): void {
    if (this.#list.add(revocation)) for (const listener of [...this.#listeners]) listener(revocation);
  }

  #schedule(delayMs: number): void {
    this.#cancelTimer?.();
    if (!this.#hasStopped) this.#cancelTimer = this.#options.timers.schedule(delayMs, () => void this.#refresh());
  }

  /** Reads the stream, and once more if a hint arrives during the read, since it may be about a newer entry. Never rejects. */
  async #refresh(): Promise<void> {
    if (this.#hasStopped) return;
    if (this.#reading !== undefined) {
      this.#hasMoreToRead = true;
      return;
    }
    const { timers } = this.#options;
    const startedAtMs = timers.nowMs();
    this.#reading = this.#readUntilDone();
    await this.#reading;
    this.#reading = undefined;
    this.#schedule(Math.max(0, startedAtMs + INTERVAL_MS - timers.nowMs()));
  }

  async #readUntilDone(): Promise<void> {
    do {
      this.#hasMoreToRead = false;
      try {
        await this.#read();
        this.#note(true);
      } catch (error) {
        this.#note(false, error);
      }
    } while (this.#hasMoreToRead && !this.#hasStopped);
  }

  #note(isReadable: boolean, error?: unknown): void {
    if (isReadable !== this.#isReadable) this.#options.onReadable(isReadable, error);
    this.#isReadable = isReadable;
  }

  async #read(): Promise<void> {
    const { link } = this.#options;
    const newestEntry = ['XREVRANGE', NODE_KEYS.revocations, '+', '-', 'COUNT', 1] as const;
    const [newest, next] = await link.sendAll([newestEntry, this.#entriesToRead()]);
    const isOlder = isBefore(Entries.parse(newest)[0]?.[0] ?? BEGINNING, this.#position);
    const readsAll = isOlder || this.#position === BEGINNING;
    if (isOlder) this.#position = BEGINNING;
    const unseen = readsAll ? new Map(this.#list.all.map((each) => [JSON.stringify([each.appId, each.revoked]), each])) : undefined;
    let entries = Entries.parse(isOlder ? await link.send(this.#entriesToRead()) : next);
    for (;;) {
      for (const [id, [, text = '']] of entries) {
        this.#position = id;
        const revocation = this.#take(text);
        if (revocation !== undefined) unseen?.delete(JSON.stringify([revocation.appId, revocation.revoked]));
      }
      if (entries.length < ENTRIES_PER_READING) break;
      entries = Entries.parse(await link.send(this.#entriesToRead()));
    }
    for (const revocation of unseen?.values() ?? []) await this.#write(revocation);
  }

  #entriesToRead(): RedisCommand {
    return ['XRANGE', NODE_KEYS.revocations, `(${this.#position}`, '+', 'COUNT', ENTRIES_PER_READING];
  }

  #take(text: string): Revocation | undefined {
    const revocation = readRevocation(text, this.#options.key);
    if (revocation === undefined) this.#refused++;
    else this.#learn(revocation);
    return revocation;
  }
}

/** Compares ids, which are `<milliseconds>-<number>`. */
function isBefore(one: string, other: string): boolean {
  const [oneMs = 0, oneNumber = 0] = one.split('-').map(Number);
  const [otherMs = 0, otherNumber = 0] = other.split('-').map(Number);
  return oneMs < otherMs || (oneMs === otherMs && oneNumber < otherNumber);
}

// Revocations are signed, since anyone who can write to Redis could otherwise revoke all tokens.

const MAX_LENGTH = 1_024;

const StoredRevocation = z.object({
  appId: AppId,
  closesSessions: z.boolean(),
  revoked: z.discriminatedUnion('by', [
    z.object({ by: z.literal('jti'), jti: TokenId }),
    z.object({ by: z.literal('sub'), sub: TokenSubject, issuedUntil: NumericDate }),
  ]),
});

export function writeRevocation({ appId, revoked, closesSessions }: Revocation, key: KeyObject): string {
  return signText(JSON.stringify({ appId, revoked, closesSessions }), key);
}

/** @returns undefined if it was not signed by a node of this cluster, or this version does not understand it */
export function readRevocation(text: string, key: KeyObject): Revocation | undefined {
  const payload = text.length > MAX_LENGTH ? undefined : openSignedText(text, key);
  if (payload === undefined) return undefined;
  try {
    return StoredRevocation.safeParse(JSON.parse(payload)).data;
  } catch {
    return undefined;
  }
}
