import { createVolatileUsageJournal, FileUsageJournal, MemoryUsageLedger, type UsageJournal } from '@causeway/accounts';
import type { Cluster } from '@causeway/cluster';
import { createNodeClock, type Sfu } from '@causeway/sfu';
import type { Config } from '../config/load-config.ts';
import { OPTIONS } from '../config/options.ts';
import { ConfigError } from '../config/start-error.ts';
import type { Logger } from '../logging/logger.ts';
import { UsageDesk, type UsageDeskOptions } from './usage-desk.ts';

export interface UsageSetup {
  readonly config: Pick<Config, 'nodeNumber' | 'usageFolder'>;
  readonly sfu: Pick<Sfu, 'takeUsage'>;
  /** Undefined on a standalone node, whose ledger ends with the process. */
  readonly cluster: Pick<Cluster, 'directory' | 'usageLedger' | 'redisNowMs'> | undefined;
  readonly logger: Logger;
}

/** A ledger that is not shared knows only one life of the node. */
const ONLY_EPOCH = 1;

/** @throws ConfigError – the folder of the journal cannot be used */
export async function openUsageDesk({ config, sfu, cluster, logger }: UsageSetup): Promise<UsageDesk> {
  const life = { nodeNo: config.nodeNumber, epoch: cluster?.directory.self.epoch ?? ONLY_EPOCH };
  const journal = await openJournal(config.usageFolder, life, logger);
  if (journal.leftovers.length > 0) logger.log('info', 'usage of former lives is counted now', { batches: journal.leftovers.length });
  return new UsageDesk({
    sfu,
    ledger: cluster?.usageLedger ?? new MemoryUsageLedger(),
    journal,
    life,
    billingNowMs: cluster === undefined ? Date.now : () => cluster.redisNowMs(),
    // Of its own, since the timers of the SFU's are counted to find leaks.
    clock: createNodeClock(),
    onDefect: (error) => logger.log('error', 'what apps use could not be counted', { error }),
  });
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
