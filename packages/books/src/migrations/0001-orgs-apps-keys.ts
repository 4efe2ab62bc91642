import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { SqlKind } from '../database/open-database.ts';

/** Creates organisations, apps, keys and the audit. The schema is spelled out: later versions must not change what a migration did. */
export function createOrgsAppsKeys(kind: SqlKind): Migration {
  return { up: (database: Kysely<unknown>) => createTables(database, kind) };
}

async function createTables(database: Kysely<unknown>, kind: SqlKind): Promise<void> {
  await database.schema
    .createTable('orgs')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .execute();
  await database.schema
    .createTable('apps')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('orgId', 'text', (column) => column.notNull().references('orgs.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('settings', 'text', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('serial', 'bigint', (column) => column.notNull())
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .addColumn('removedAtMs', 'bigint')
    .execute();
  await database.schema.createIndex('appsByOrg').on('apps').columns(['orgId', 'id']).execute();
  await database.schema.createIndex('appsBySerial').on('apps').column('serial').execute();
  await database.schema
    .createTable('setUps')
    .addColumn('digest', 'text', (column) => column.primaryKey())
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .execute();
  await createKeys(database);
  await createAudit(database, kind);
  await database.schema
    .createTable('serials')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('value', 'bigint', (column) => column.notNull())
    .execute();
  await (database as Kysely<{ serials: { name: string; value: number } }>)
    .insertInto('serials')
    .values({ name: 'apps', value: 0 })
    .execute();
}

async function createKeys(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('keys')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('orgId', 'text', (column) => column.notNull().references('orgs.id'))
    .addColumn('appId', 'text', (column) => column.references('apps.id'))
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('prefix', 'text', (column) => column.notNull())
    .addColumn('last4', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.unique())
    .addColumn('alg', 'text')
    .addColumn('publicKey', 'text')
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .addColumn('lastUsedAtMs', 'bigint')
    .addColumn('expiresAtMs', 'bigint')
    .addColumn('revokedAtMs', 'bigint')
    .execute();
  await database.schema.createIndex('keysByApp').on('keys').column('appId').execute();
  await database.schema.createIndex('keysByOrg').on('keys').column('orgId').execute();
}

async function createAudit(database: Kysely<unknown>, kind: SqlKind): Promise<void> {
  const table = database.schema.createTable('audit');
  const numbered =
    kind === 'postgres'
      ? table.addColumn('id', 'bigserial', (column) => column.primaryKey())
      : table.addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement());
  await numbered
    .addColumn('orgId', 'text', (column) => column.notNull().references('orgs.id'))
    .addColumn('appId', 'text')
    .addColumn('actorKind', 'text', (column) => column.notNull())
    .addColumn('actorId', 'text', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('atMs', 'bigint', (column) => column.notNull())
    .execute();
  await database.schema.createIndex('auditByOrg').on('audit').columns(['orgId', 'id']).execute();
}
