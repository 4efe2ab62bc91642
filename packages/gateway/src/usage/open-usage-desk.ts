import {
  type Books,
  BooksUsageLedger,
  createVolatileUsageJournal,
  FileUsageJournal,
  MemoryQuotaLedger,
  MemoryUsageLedger,
  type OwnApps,
  type UsageBooks,
  type UsageJournal,
  type UsageLedger,
  UsageSealer,
} from '@causeway/accounts';
import type { Cluster } from '@causeway/cluster';
import type { AppId, AppSettings } from '@causeway/protocol';
import { type CancelTimer, type Clock, createNodeClock, type Sfu } from '@causeway/sfu';
import type { Config } from '../config/load-config.ts';
import { OPTIONS } from '../config/options.ts';
import { ConfigError } from '../config/start-error.ts';
import type { Logger } from '../logging/logger.ts';
import { type NodeLedger, openLedger } from './open-ledger.ts';
import { QuotaDesk } from './quota-desk.ts';
import { UsageDesk, type UsageDeskOptions } from './usage-desk.ts';

export interface UsageSetup {
  readonly config: Pick<Config, 'nodeNumber' | 'region' | 'usageFolder' | 'usageDays' | 'tokenKey' | 'books'>;
  readonly sfu: Pick<Sfu, 'takeUsage' | 'setQuota'>;
  /** Undefined on a standalone node, which uses its books as the ledger. */
  readonly cluster: Pick<Cluster, 'directory' | 'usageLedger' | 'quotaLedger' | 'ledgerSecret' | 'drainUsage' | 'redisNowMs'> | undefined;
  /** Undefined on a node without books; if it is not in a cluster either, its ledger ends with the process. */
  readonly books: Books | undefined;
  /** The apps whose usage goes into the books. */
  readonly apps: OwnApps;
  /** @returns undefined for an unknown app */
  readonly settingsOf: (appId: AppId) => Promise<AppSettings | undefined>;
  /** An app has used this percentage of its quota. */
  readonly onPassed: (appId: AppId, usedPercent: number) => void;
  readonly logger: Logger;
}

/** The books contain nothing of a later month yet. */
const LONGEST_MONTH_MS = 31 * 86_400_000;

/** The usage of a node, and the ledger with which it is signed. */
export interface NodeUsage {
  readonly desk: UsageDesk;
  readonly ledger: NodeLedger;
  /** Counts the remaining usage and transfers it to the books. Resolves like `UsageDesk.close`. */
  close(): Promise<number>;
}

/** @throws ConfigError – the folder of the journal cannot be used */
export async function openUsageDesk({ config, sfu, cluster, books, apps, settingsOf, onPassed, logger }: UsageSetup): Promise<NodeUsage> {
  const life = { nodeNo: config.nodeNumber, epoch: cluster?.directory.self.epoch ?? epochOfStart() };
  const journal = await openJournal(config.usageFolder, life, logger);
  if (journal.leftovers.length > 0) logger.log('info', 'usage of former lives is being counted', { batches: journal.leftovers.length });
  const ledger = await openLedger({ config, cluster, life, logger });
  const billingNowMs = cluster === undefined ? Date.now : () => cluster.redisNowMs();
  const quotas = new QuotaDesk({
    ledger: cluster?.quotaLedger ?? new MemoryQuotaLedger(() => performance.now()),
    sfu,
    life,
    settingsOf,
    usedBefore: (appId, month) => (cluster === undefined ? usedBefore(books, appId, month) : Promise.resolve(0)),
    billingNowMs,
    nowMs: () => performance.now(),
    onPassed,
  });
  const desk = new UsageDesk({
    sfu,
    quotas,
    ledger: cluster?.usageLedger ?? standaloneLedger(books),
    journal,
    life,
    region: config.region,
    sealer: new UsageSealer(ledger.signer),
    billingNowMs,
    // A separate clock is used, because the timers of the SFU's clock are counted to find leaks.
    clock: createNodeClock(),
    onDefect: (error) => logger.log('error', 'the usage of apps could not be counted', { error }),
  });
  const drain = books === undefined ? undefined : cluster?.drainUsage({ books, apps, authority: ledger.authority, onRefused });
  const stopPruning =
    books === undefined
      ? () => undefined
      : pruneUsageHourly({ books, keptDays: config.usageDays, clock: createNodeClock(), wallClockMs: Date.now });
  return {
    desk,
    ledger,
    async close() {
      stopPruning();
      const outstanding = await desk.close();
      await drain?.drain();
      await drain?.stop();
      return outstanding;
    },
  };

  function onRefused(appId: AppId, entries: number): void {
    logger.log('error', 'usage in Redis that no node of this cluster has signed was not entered in the books', { appId, entries });
  }
}

/** Returns what former processes have used in a month; unknown without books. */
async function usedBefore(books: Books | undefined, appId: AppId, month: string): Promise<number> {
  const fromMs = Date.parse(`${month}-01`);
  const range = { appId, fromMs, toMs: fromMs + LONGEST_MONTH_MS, step: 'all', groups: [], after: undefined, limit: 1 } as const;
  const [row] = (await books?.queryUsage(range)) ?? [];
  return row === undefined ? 0 : row.bytes.down + row.bytes.data;
}

/** The books identify the lives of a standalone node by their start times. */
function epochOfStart(): number {
  return Date.now();
}

function standaloneLedger(books: Books | undefined): UsageLedger {
  return books === undefined ? new MemoryUsageLedger() : new BooksUsageLedger(books);
}

async function openJournal(folder: string | undefined, life: UsageDeskOptions['life'], logger: Logger): Promise<UsageJournal> {
  if (folder === undefined) return createVolatileUsageJournal();
  try {
    return await FileUsageJournal.open({
      folder,
      life,
      onFailure: (error) => logger.log('error', 'usage cannot be stored on disk; if this node dies now, it is lost', { error }),
    });
  } catch (error) {
    throw new ConfigError(`${OPTIONS.usageFolder.variable}: ${folder} cannot be used: ${(error as Error).message}`);
  }
}

/** Removes usage from the books once it is older than the operator keeps it. */
export interface UsagePrunerOptions {
  readonly books: Pick<UsageBooks, 'pruneUsage'>;
  readonly keptDays: number;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wallClockMs: () => number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A node that has just started has more urgent work for the books. */
const FIRST_AFTER_MS = 60_000;
const EVERY_MS = HOUR_MS;
/** This pause lets admin calls and batches of usage through between two removals. */
const PAUSE_MS = 250;

/** Removes old usage every hour, first after a minute. @returns a function that stops it */
export function pruneUsageHourly(options: UsagePrunerOptions): () => void {
  const { books, keptDays, clock, wallClockMs } = options;
  let cancelTimer: CancelTimer = clock.schedule(FIRST_AFTER_MS, prune);
  let hasEnded = false;
  return () => {
    hasEnded = true;
    cancelTimer();
  };

  function prune(): void {
    const oldestMs = wallClockMs() - keptDays * DAY_MS;
    const removing = books.pruneUsage(oldestMs - (oldestMs % HOUR_MS));
    // If the books cannot be reached, the next attempt is in an hour.
    void removing
      .catch(() => 0)
      .then((removed) => {
        if (!hasEnded) cancelTimer = clock.schedule(removed > 0 ? PAUSE_MS : EVERY_MS, prune);
      });
  }
}
