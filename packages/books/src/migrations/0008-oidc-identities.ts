import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Creates the table of accounts at OpenID providers. */
export function createOidcIdentities(): Migration {
  return { up: createTables };
}

async function createTables(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('oidcIdentities')
    .addColumn('issuer', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('personId', 'text', (column) => column.notNull().references('people.id'))
    .addColumn('email', 'text', (column) => column.notNull())
    .addColumn('connectedAtMs', 'bigint', (column) => column.notNull())
    .addColumn('lastUsedAtMs', 'bigint')
    .addPrimaryKeyConstraint('oidcIdentitiesBySubject', ['issuer', 'subject'])
    .addUniqueConstraint('oidcIdentitiesByPerson', ['personId', 'issuer'])
    .execute();
}
