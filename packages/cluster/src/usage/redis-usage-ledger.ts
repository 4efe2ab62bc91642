import {
  hashLeaf,
  type LedgerHead,
  ledgerLineOf,
  USAGE_METRICS,
  type UsageBatch,
  type UsageBytes,
  type UsageLedger,
  type UsageReceipt,
  usageDayOf,
} from '@causeway/accounts';
import type { AppId } from '@causeway/protocol';
import { z } from 'zod';
import { appKeys, lifeName, NODE_KEYS, parseLifeName } from '../redis/keys.ts';
import { loadLuaScript, type RedisLink } from '../redis/redis-link.ts';

/** Totals are kept for more than a year. No life is longer than that without usage of an app. */
const KEPT_DAYS = 400;
/** How long batches wait for books that are stopped, and how many of each app. */
const BATCH_KEPT_SECONDS = 2 * 86_400;
const BATCH_KEPT_MS = 1_000 * BATCH_KEPT_SECONDS;
const MAX_WAITING_BATCHES = 20_000;
/** Nodes with books request batches once a minute, so an app whose batches were not requested for this long has no books. */
const TOLD_WITHIN_MS = 120_000;
/** How often nodes record the ledger heads of the other nodes in their own ledgers. */
const HEADS_INTERVAL_MS = 3_600_000;
/** How often an app is marked as in use in Redis. */
const ACTIVITY_INTERVAL_MS = 60_000;

const Receipt = z.tuple([z.enum(['counted', 'duplicate', 'gap']), z.number(), z.array(z.string()), z.string()]);
const Totals = z.array(z.string().nullable());
const Head = z.string().regex(/^\d{1,15}:[0-9a-f]{64}$/);

/** The ledger of a cluster. It is the only data in Redis that nodes cannot restore, so Redis should keep an append-only file. */
export class RedisUsageLedger implements UsageLedger {
  readonly #link: RedisLink;
  readonly #script = loadLuaScript('usage-count');
  /** When the heads of each app were last requested. */
  readonly #headsAskedAtMs = new Map<AppId, number>();
  readonly #activeAtMs = new Map<AppId, number>();
  /**
   * Until when a node with books wants the batches of each app, in milliseconds since 1970. It is kept here because Redis may be emptied.
   */
  readonly #wantedUntilMs = new Map<AppId, number>();
  /** When the first batch was closed, for each app whose batches no books have requested so far. */
  readonly #firstAtMs = new Map<AppId, number>();

  constructor(link: RedisLink) {
    this.#link = link;
  }

  /** @throws SfuError `registry_unavailable` */
  async record(batch: UsageBatch): Promise<UsageReceipt> {
    const { appId, seq, follows, closedAtMs, bytes } = batch;
    const keys = appKeys(appId);
    const life = lifeName(batch);
    const line = ledgerLineOf(batch);
    const isHeadsTime = closedAtMs - (this.#headsAskedAtMs.get(appId) ?? Number.NEGATIVE_INFINITY) >= HEADS_INTERVAL_MS;
    const counted = USAGE_METRICS.filter((metric) => bytes[metric] > 0).flatMap((metric) => [metric, bytes[metric]]);
    const scriptKeys = [keys.usageMarkOf(life), keys.usage(usageDayOf(closedAtMs)), keys.usageWanted, keys.usageBatches, keys.usageHeads];
    const leaf = line === undefined ? '' : hashLeaf(line.leaf).toString('hex');
    const order = [seq, follows, KEPT_DAYS, life, leaf];
    const forBooks = [line === undefined ? '' : JSON.stringify(line), BATCH_KEPT_SECONDS, MAX_WAITING_BATCHES];
    const reply = await this.#link.run(this.#script, scriptKeys, [
      ...order,
      ...forBooks,
      isHeadsTime ? 1 : 0,
      ...this.#knownWish(appId, closedAtMs),
      ...counted,
    ]);
    const [type, lastSeq, heads, wantedUntil] = Receipt.parse(reply);
    if (Number(wantedUntil) > 0) {
      this.#wantedUntilMs.set(appId, Number(wantedUntil));
      this.#firstAtMs.delete(appId);
    }
    if (type === 'gap') {
      // Redis has lost what it knew of the app, the mark of its activity as well.
      this.#activeAtMs.delete(appId);
      return { type, lastSeq };
    }
    if (line !== undefined) await this.#noteActive(appId, closedAtMs);
    if (type === 'duplicate' || !isHeadsTime || line === undefined) return { type };
    this.#headsAskedAtMs.set(appId, closedAtMs);
    const others = headsOf(heads).filter((head) => head.nodeNo !== batch.nodeNo || head.epoch !== batch.epoch);
    return others.length === 0 ? { type } : { type, heads: others };
  }

  /** @throws SfuError `registry_unavailable` */
  async totals(appId: AppId, day: string): Promise<UsageBytes> {
    const totals = Totals.parse(await this.#link.send(['HMGET', appKeys(appId).usage(day), ...USAGE_METRICS]));
    const [down, up, relay, retransmitted, data] = totals.map(Number);
    return { down: down ?? 0, up: up ?? 0, relay: relay ?? 0, retransmitted: retransmitted ?? 0, data: data ?? 0 };
  }

  /**
   * Returns until when the books want an app's batches, as far as is known, and how long that is: -1 for a node that has yet to be told. If
   * Redis was emptied just then, its first batches would miss the books.
   */
  #knownWish(appId: AppId, nowMs: number): readonly [untilMs: number, leftMs: number] {
    const untilMs = this.#wantedUntilMs.get(appId);
    if (untilMs !== undefined) return [untilMs, Math.min(Math.max(0, Math.floor(untilMs - nowMs)), BATCH_KEPT_MS)];
    const firstAtMs = this.#firstAtMs.get(appId) ?? nowMs;
    this.#firstAtMs.set(appId, firstAtMs);
    return [0, nowMs - firstAtMs < TOLD_WITHIN_MS ? -1 : 0];
  }

  /** Tells nodes with books that batches of an app may wait for them. If Redis does not answer, the next batch tries again. */
  async #noteActive(appId: AppId, atMs: number): Promise<void> {
    const isKnown = Math.abs(atMs - (this.#activeAtMs.get(appId) ?? Number.NEGATIVE_INFINITY)) < ACTIVITY_INTERVAL_MS;
    if (isKnown) return;
    try {
      await this.#link.send(['ZADD', NODE_KEYS.usageApps, Math.floor(atMs), appId]);
      this.#activeAtMs.set(appId, atMs);
    } catch {
      // The batch itself has been counted.
    }
  }
}

/** Skips heads that cannot be parsed; they do not affect billing. */
function headsOf(words: readonly string[]): LedgerHead[] {
  return Array.from({ length: Math.floor(words.length / 2) }, (_, index) => words.slice(2 * index, 2 * index + 2)).flatMap(
    ([name = '', head = '']) => {
      const life = parseLifeName(name);
      const [seq = '', leaf = ''] = head.split(':');
      return life === undefined || !Head.safeParse(head).success ? [] : [{ ...life, seq: Number(seq), leaf }];
    },
  );
}
