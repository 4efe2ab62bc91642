import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Creates the ledger of usage. */
export function createLedger(): Migration {
  return { up: createTables };
}

async function createTables(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('usageLeaves')
    .addColumn('appId', 'text', (column) => column.notNull())
    .addColumn('nodeNo', 'bigint', (column) => column.notNull())
    .addColumn('epoch', 'bigint', (column) => column.notNull())
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('closedAtMs', 'bigint', (column) => column.notNull())
    .addColumn('leafHash', 'text', (column) => column.notNull())
    .addColumn('line', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('usageLeavesKey', ['appId', 'nodeNo', 'epoch', 'seq'])
    .execute();
  await database.schema.createIndex('usageLeavesByTime').on('usageLeaves').columns(['appId', 'closedAtMs']).execute();
}
