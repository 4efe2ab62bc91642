import type { UsageBatch, UsageReceipt } from '@causeway/accounts';
import { sql } from 'kysely';
import type { BooksDatabase } from '../database/schema.ts';
import { addToLedger } from './ledger-rows.ts';

const HOUR_MS = 3_600_000;
/** SQLite allows 32,766 parameters in a statement, and a row has eleven. */
const ROWS_PER_STATEMENT = 500;

/** Counts each batch once. Call it in a transaction. */
export async function recordUsage(database: BooksDatabase, batches: readonly UsageBatch[]): Promise<readonly UsageReceipt[]> {
  const receipts = new Map<UsageBatch, UsageReceipt>();
  // All transactions lock the marks in the same order, so that they cannot deadlock.
  for (const batch of batches.toSorted(compareLives)) receipts.set(batch, await recordOne(database, batch));
  return batches.flatMap((batch) => receipts.get(batch) ?? []);
}

/** Orders batches by life; the stable sort keeps the order within one life. */
function compareLives(one: UsageBatch, other: UsageBatch): number {
  if (one.appId !== other.appId) return one.appId < other.appId ? -1 : 1;
  return one.nodeNo - other.nodeNo || one.epoch - other.epoch;
}

async function recordOne(database: BooksDatabase, batch: UsageBatch): Promise<UsageReceipt> {
  const { appId, nodeNo, epoch, seq, follows } = batch;
  const lastSeq = await lockMark(database, batch);
  if (seq <= lastSeq) return { type: 'duplicate' };
  if (follows > lastSeq) return { type: 'gap', lastSeq };
  await database
    .updateTable('usageMarks')
    .set({ seq })
    .where('appId', '=', appId)
    .where('nodeNo', '=', nodeNo)
    .where('epoch', '=', epoch)
    .execute();
  await addToHours(database, batch);
  await addToLedger(database, batch);
  return { type: 'counted' };
}

/** Locks the row until the transaction ends, since a second node may record the same batch. */
async function lockMark(database: BooksDatabase, { appId, nodeNo, epoch }: UsageBatch): Promise<number> {
  const { seq } = await database
    .insertInto('usageMarks')
    .values({ appId, nodeNo, epoch, seq: 0 })
    .onConflict((conflict) => conflict.columns(['appId', 'nodeNo', 'epoch']).doUpdateSet((row) => ({ seq: row.ref('usageMarks.seq') })))
    .returning('seq')
    .executeTakeFirstOrThrow();
  return seq;
}

async function addToHours(database: BooksDatabase, { appId, closedAtMs, region, parts }: UsageBatch): Promise<void> {
  const hourMs = closedAtMs - (closedAtMs % HOUR_MS);
  const rows = parts.map(({ kind, sessionId, track, bytes }) => ({ appId, hourMs, region, kind, sessionId, track, ...bytes }));
  for (let first = 0; first < rows.length; first += ROWS_PER_STATEMENT) {
    await database
      .insertInto('usageHours')
      .values(rows.slice(first, first + ROWS_PER_STATEMENT))
      .onConflict((conflict) =>
        conflict.columns(['appId', 'hourMs', 'region', 'kind', 'sessionId', 'track']).doUpdateSet({
          down: sql`${sql.ref('usageHours.down')} + ${sql.ref('excluded.down')}`,
          up: sql`${sql.ref('usageHours.up')} + ${sql.ref('excluded.up')}`,
          relay: sql`${sql.ref('usageHours.relay')} + ${sql.ref('excluded.relay')}`,
          retransmitted: sql`${sql.ref('usageHours.retransmitted')} + ${sql.ref('excluded.retransmitted')}`,
          data: sql`${sql.ref('usageHours.data')} + ${sql.ref('excluded.data')}`,
        }),
      )
      .execute();
  }
}
