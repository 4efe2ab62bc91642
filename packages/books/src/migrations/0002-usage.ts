import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Creates the tables of hourly usage and of the batches counted in it. */
export function createUsage(): Migration {
  return { up: createTables };
}

async function createTables(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('usageMarks')
    .addColumn('appId', 'text', (column) => column.notNull())
    .addColumn('nodeNo', 'bigint', (column) => column.notNull())
    .addColumn('epoch', 'bigint', (column) => column.notNull())
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('usageMarksKey', ['appId', 'nodeNo', 'epoch'])
    .execute();
  await database.schema
    .createTable('usageHours')
    .addColumn('appId', 'text', (column) => column.notNull())
    .addColumn('hourMs', 'bigint', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('sessionId', 'text', (column) => column.notNull())
    .addColumn('track', 'text', (column) => column.notNull())
    .addColumn('down', 'bigint', (column) => column.notNull())
    .addColumn('up', 'bigint', (column) => column.notNull())
    .addColumn('relay', 'bigint', (column) => column.notNull())
    .addColumn('retransmitted', 'bigint', (column) => column.notNull())
    .addColumn('data', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('usageHoursKey', ['appId', 'hourMs', 'region', 'kind', 'sessionId', 'track'])
    .execute();
}
