import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Creates the table of authenticators (TOTP). */
export function createFactors(): Migration {
  return { up: createTables };
}

async function createTables(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('totps')
    .addColumn('personId', 'text', (column) => column.primaryKey().references('people.id'))
    .addColumn('sealedSeed', 'text', (column) => column.notNull())
    .addColumn('isOn', 'bigint', (column) => column.notNull())
    .addColumn('lastStep', 'bigint', (column) => column.notNull())
    .addColumn('recoveryDigests', 'text', (column) => column.notNull())
    .addColumn('failures', 'bigint', (column) => column.notNull())
    .addColumn('failedAtMs', 'bigint', (column) => column.notNull())
    .execute();
}
