import type { UsageBatch } from './usage-ledger.ts';

/**
 * Where batches are kept that the ledger may still need, so that they outlive the process. It may lose the last moments of a machine
 * that loses its power: then less is counted than was used.
 */
export interface UsageJournal {
  /** Batches that were not known to be counted when this journal was opened: of former lives, each life's oldest first. */
  readonly leftovers: readonly UsageBatch[];
  note(batches: readonly UsageBatch[]): void;
  /** The batch needs to be kept no longer. */
  forget(batch: UsageBatch): void;
  /** Resolves when all is written. */
  close(): Promise<void>;
}

/** Keeps nothing: for nodes without a disk, which lose what was not yet counted when they die. */
export function createVolatileUsageJournal(): UsageJournal {
  return { leftovers: [], note: () => {}, forget: () => {}, close: async () => {} };
}
