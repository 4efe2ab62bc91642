import {
  hashLeaf,
  type LedgerExtent,
  type LedgerRecord,
  type LedgerSpan,
  ledgerLineOf,
  NO_USAGE,
  type UsageBatch,
} from '@causeway/accounts';
import type { AppId } from '@causeway/protocol';
import type { BooksDatabase } from '../database/schema.ts';
import { queryUsage } from './query-usage.ts';

/** Stores a batch as a leaf of the ledger if its node has sealed it. */
export async function addToLedger(database: BooksDatabase, batch: UsageBatch): Promise<void> {
  const line = ledgerLineOf(batch);
  if (line === undefined) return;
  const { appId, nodeNo, epoch, seq, closedAtMs } = batch;
  const row = { appId, nodeNo, epoch, seq, closedAtMs, leafHash: hashLeaf(line.leaf).toString('hex'), line: JSON.stringify(line) };
  await database.insertInto('usageLeaves').values(row).execute();
}

/** Reads sums and leaves in one transaction, since batches arrive continuously. */
export function ledgerExtent(database: BooksDatabase, appId: AppId, fromMs: number, toMs: number): Promise<LedgerExtent> {
  return database
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (snapshot) => {
      const range = { appId, fromMs, toMs, step: 'all', groups: [], after: undefined, limit: 1 } as const;
      const [{ bytes } = { bytes: NO_USAGE }] = await queryUsage(snapshot, range);
      return { spans: await ledgerSpans(snapshot, appId, fromMs, toMs), billedBytes: bytes.down + bytes.data };
    });
}

function ledgerSpans(database: BooksDatabase, appId: AppId, fromMs: number, toMs: number): Promise<readonly LedgerSpan[]> {
  return database
    .selectFrom('usageLeaves')
    .select(({ fn }) => ['nodeNo', 'epoch', fn.min<number>('seq').as('firstSeq'), fn.max<number>('seq').as('lastSeq')])
    .where('appId', '=', appId)
    .where('closedAtMs', '>=', fromMs)
    .where('closedAtMs', '<', toMs)
    .groupBy(['nodeNo', 'epoch'])
    .orderBy('nodeNo')
    .orderBy('epoch')
    .execute();
}

export async function ledgerRecords(
  database: BooksDatabase,
  appId: AppId,
  { nodeNo, epoch, firstSeq, lastSeq }: LedgerSpan,
  limit: number,
): Promise<readonly LedgerRecord[]> {
  return database
    .selectFrom('usageLeaves')
    .select(['seq', 'line', 'leafHash'])
    .where('appId', '=', appId)
    .where('nodeNo', '=', nodeNo)
    .where('epoch', '=', epoch)
    .where('seq', '>=', firstSeq)
    .where('seq', '<=', lastSeq)
    .orderBy('seq')
    .limit(limit)
    .execute();
}
