/** Transfers usage batches from Redis, where all nodes count them, to the books. */
import { type OwnApps, readLedgerLine, type UsageBatch, type UsageBooks } from '@causeway/accounts';
import { type AppId, parseAppId } from '@causeway/protocol';
import type { CancelTimer } from '@causeway/sfu';
import { z } from 'zod';
import { appKeys, NODE_KEYS } from '../redis/keys.ts';
import type { RedisLink } from '../redis/redis-link.ts';
import type { Timers } from '../time/cluster-clock.ts';

/** The destination that a node with books provides. */
export interface UsageSink {
  readonly books: Pick<UsageBooks, 'recordUsage'>;
  /** The apps whose usage is recorded in the books. */
  readonly apps: OwnApps;
  /** The public key that certifies the nodes. Entries that others have written to Redis are refused. */
  readonly authority: string;
  /** Called for entries that no node of the cluster has signed, or that cannot be read; they are discarded. */
  readonly onRefused: (appId: AppId, entries: number) => void;
}

export interface UsageDrainOptions extends UsageSink {
  readonly link: RedisLink;
  readonly timers: Timers;
  /** The time by the cluster's clock. */
  readonly clusterNowMs: () => number;
}

const INTERVAL_MS = 5_000;
/** Nodes write batches for the books if one wanted them within the last two days, so that books that are stopped receive them later. */
const WANTED_FOR_SECONDS = 2 * 86_400;
const WANTED_EVERY_MS = 60_000;
/** An app in use is marked once a minute. */
const ACTIVE_WITHIN_MS = 10 * 60_000;
/** Small, so that Redis can serve other nodes in between. */
const ENTRIES_AT_ONCE = 100;

const Entries = z.array(z.tuple([z.string(), z.array(z.string())]));
const Names = z.array(z.string());

/**
 * Reads each app's batches every few seconds, records them in the books, and deletes the recorded ones from Redis.
 * Several nodes with the same books may do so concurrently: the books count each batch once.
 */
export class UsageDrain {
  readonly #options: UsageDrainOptions;
  readonly #stopListening: () => void;
  #cancelTimer: CancelTimer | undefined;
  #wantedAtMs = Number.NEGATIVE_INFINITY;
  /** Only apps that were active since then are read. It is 0 at first, because batches may have been waiting. */
  #activeSinceMs = 0;
  #hasStopped = false;
  #draining: Promise<void> = Promise.resolve();

  constructor(options: UsageDrainOptions) {
    this.#options = options;
    // The first batch of a new app must be written to the stream too.
    this.#stopListening = options.apps.onChanged(({ changed }) => void this.#want(changed.map(({ id }) => id)).catch(() => undefined));
    void this.drain();
    this.#schedule();
  }

  /** Resolves when the batches that were in Redis at the call are in the books, or cannot be transferred now. Never rejects. */
  drain(): Promise<void> {
    // Batches that cannot be read or recorded stay in Redis until the next time.
    this.#draining = this.#draining.then(() => this.#drainAll()).catch(() => undefined);
    return this.#draining;
  }

  /** Resolves when nothing is in progress any more. */
  stop(): Promise<void> {
    this.#hasStopped = true;
    this.#cancelTimer?.();
    this.#stopListening();
    return this.#draining;
  }

  #schedule(): void {
    this.#cancelTimer = this.#options.timers.schedule(INTERVAL_MS, () => {
      void this.drain().then(() => {
        if (!this.#hasStopped) this.#schedule();
      });
    });
  }

  async #drainAll(): Promise<void> {
    const { link, apps, clusterNowMs } = this.#options;
    const nowMs = clusterNowMs();
    if (nowMs - this.#wantedAtMs >= WANTED_EVERY_MS) {
      await this.#want(apps.apps.map(({ id }) => id));
      this.#wantedAtMs = nowMs;
    }
    const active = Names.parse(await link.send(['ZRANGEBYSCORE', NODE_KEYS.usageApps, Math.floor(this.#activeSinceMs), '+inf']));
    for (const name of active) {
      const appId = parseAppId(name);
      if (appId !== undefined && apps.find(appId) !== undefined && !this.#hasStopped) await this.#drainApp(appId);
    }
    this.#activeSinceMs = Math.max(0, nowMs - ACTIVE_WITHIN_MS);
  }

  async #want(appIds: readonly AppId[]): Promise<void> {
    const untilMs = Math.floor(this.#options.clusterNowMs()) + 1_000 * WANTED_FOR_SECONDS;
    for (const appId of appIds) await this.#options.link.send(['SET', appKeys(appId).usageWanted, untilMs, 'EX', WANTED_FOR_SECONDS]);
  }

  async #drainApp(appId: AppId): Promise<void> {
    const { link, authority, onRefused } = this.#options;
    const { usageBatches } = appKeys(appId);
    while (!this.#hasStopped) {
      const entries = Entries.parse(await link.send(['XRANGE', usageBatches, '-', '+', 'COUNT', ENTRIES_AT_ONCE]));
      const lastId = entries.at(-1)?.[0];
      if (lastId === undefined) return;
      const batches = entries
        .flatMap(([, [, json = '']]) => readLedgerLine(json, authority) ?? [])
        .filter((batch) => batch.appId === appId);
      await this.#record(batches);
      if (batches.length < entries.length) onRefused(appId, entries.length - batches.length);
      await link.send(['XTRIM', usageBatches, 'MINID', idAfter(lastId)]);
      if (entries.length < ENTRIES_AT_ONCE) return;
    }
  }

  /** Records batches even after a gap. The missing batches were lost by Redis, and waiting for them would block all later ones. */
  async #record(batches: readonly UsageBatch[]): Promise<void> {
    if (batches.length === 0) return;
    const receipts = await this.#options.books.recordUsage(batches);
    const afterGap = batches.filter((_batch, index) => receipts[index]?.type === 'gap');
    if (afterGap.length > 0) await this.#options.books.recordUsage(afterGap.map((batch) => ({ ...batch, follows: 0 })));
  }
}

function idAfter(id: string): string {
  const [ms = '0', no = '0'] = id.split('-');
  return `${ms}-${Number(no) + 1}`;
}
