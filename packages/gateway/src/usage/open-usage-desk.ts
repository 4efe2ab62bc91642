import {
  type Books,
  BooksUsageLedger,
  createVolatileUsageJournal,
  FileUsageJournal,
  MemoryUsageLedger,
  type OwnApps,
  type UsageJournal,
  type UsageLedger,
  UsageSealer,
} from '@causeway/accounts';
import type { Cluster } from '@causeway/cluster';
import type { AppId } from '@causeway/protocol';
import { createNodeClock, type Sfu } from '@causeway/sfu';
import type { Config } from '../config/load-config.ts';
import { OPTIONS } from '../config/options.ts';
import { ConfigError } from '../config/start-error.ts';
import type { Logger } from '../logging/logger.ts';
import { type NodeLedger, openLedger } from './open-ledger.ts';
import { UsageDesk, type UsageDeskOptions } from './usage-desk.ts';

export interface UsageSetup {
  readonly config: Pick<Config, 'nodeNumber' | 'region' | 'usageFolder' | 'tokenKey' | 'books'>;
  readonly sfu: Pick<Sfu, 'takeUsage'>;
  /** Undefined on a standalone node, whose ledger is its books. */
  readonly cluster: Pick<Cluster, 'directory' | 'usageLedger' | 'ledgerSecret' | 'drainUsage' | 'redisNowMs'> | undefined;
  /** Undefined on a node that keeps none: without a cluster, its ledger ends with the process. */
  readonly books: Books | undefined;
  /** The apps whose usage is to be in the books. */
  readonly apps: OwnApps;
  readonly logger: Logger;
}

/** What a node knows of usage, and how it signs it. */
export interface NodeUsage {
  readonly desk: UsageDesk;
  readonly ledger: NodeLedger;
  /** Counts what is left, and brings it to the books. Resolves as `UsageDesk.close` does. */
  close(): Promise<number>;
}

/** @throws ConfigError – the folder of the journal cannot be used */
export async function openUsageDesk({ config, sfu, cluster, books, apps, logger }: UsageSetup): Promise<NodeUsage> {
  const life = { nodeNo: config.nodeNumber, epoch: cluster?.directory.self.epoch ?? epochOfStart() };
  const journal = await openJournal(config.usageFolder, life, logger);
  if (journal.leftovers.length > 0) logger.log('info', 'usage of former lives is counted now', { batches: journal.leftovers.length });
  const ledger = await openLedger({ config, cluster, life, logger });
  const desk = new UsageDesk({
    sfu,
    ledger: cluster?.usageLedger ?? standaloneLedger(books),
    journal,
    life,
    region: config.region,
    sealer: new UsageSealer(ledger.signer),
    billingNowMs: cluster === undefined ? Date.now : () => cluster.redisNowMs(),
    // Of its own, since the timers of the SFU's are counted to find leaks.
    clock: createNodeClock(),
    onDefect: (error) => logger.log('error', 'what apps use could not be counted', { error }),
  });
  const drain = books === undefined ? undefined : cluster?.drainUsage({ books, apps, authority: ledger.authority, onRefused });
  return {
    desk,
    ledger,
    async close() {
      const outstanding = await desk.close();
      await drain?.drain();
      await drain?.stop();
      return outstanding;
    },
  };

  function onRefused(appId: AppId, entries: number): void {
    logger.log('error', 'usage in Redis that no node of this cluster has signed is not in the books', { appId, entries });
  }
}

/** The books know the lives of a standalone node by when they began. */
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
      onFailure: (error) => logger.log('error', 'usage is not kept on disk; if this node dies now it is lost', { error }),
    });
  } catch (error) {
    throw new ConfigError(`${OPTIONS.usageFolder.variable}: ${folder} cannot be used: ${(error as Error).message}`);
  }
}
