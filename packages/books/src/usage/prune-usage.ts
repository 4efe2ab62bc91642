import { sql } from 'kysely';
import type { BooksDatabase } from '../database/schema.ts';

/** SQLite deletes this many rows within tens of milliseconds, so other callers of the books wait only briefly. */
const ROWS_AT_ONCE = 2_000;

/** Removes the oldest rows. Call it in a transaction. */
export async function pruneUsage(database: BooksDatabase, beforeMs: number): Promise<number> {
  const leaves = sql`delete from ${sql.table('usageLeaves')} where (${columns('appId', 'nodeNo', 'epoch', 'seq')}) in (
    select ${columns('appId', 'nodeNo', 'epoch', 'seq')} from ${sql.table('usageLeaves')}
    where ${sql.ref('closedAtMs')} < ${beforeMs} order by ${sql.ref('closedAtMs')} limit ${sql.lit(ROWS_AT_ONCE)})`;
  const hours = sql`delete from ${sql.table('usageHours')} where (${columns(...HOUR_KEY)}) in (
    select ${columns(...HOUR_KEY)} from ${sql.table('usageHours')}
    where ${sql.ref('hourMs')} < ${beforeMs} order by ${sql.ref('hourMs')} limit ${sql.lit(ROWS_AT_ONCE)})`;
  const removed = [await leaves.execute(database), await hours.execute(database)];
  return removed.reduce((sum, { numAffectedRows = 0n }) => sum + Number(numAffectedRows), 0);
}

const HOUR_KEY = ['appId', 'hourMs', 'region', 'kind', 'sessionId', 'track'] as const;

function columns(...names: readonly string[]) {
  return sql.join(names.map((name) => sql.ref(name)));
}
