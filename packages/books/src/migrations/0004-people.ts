import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Creates the tables of people, memberships, invitations and sign-ins. */
export function createPeople(): Migration {
  return { up: createTables };
}

async function createTables(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('people')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('email', 'text', (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('password', 'text', (column) => column.notNull())
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .execute();
  await database.schema
    .createTable('members')
    .addColumn('orgId', 'text', (column) => column.notNull().references('orgs.id'))
    .addColumn('personId', 'text', (column) => column.notNull().references('people.id'))
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('joinedAtMs', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('membersByOrg', ['orgId', 'personId'])
    .execute();
  await database.schema.createIndex('membersByPerson').on('members').column('personId').execute();
  await database.schema
    .createTable('invitations')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('orgId', 'text', (column) => column.notNull().references('orgs.id'))
    .addColumn('email', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull().unique())
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .addColumn('expiresAtMs', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('invitationsByEmail', ['orgId', 'email'])
    .execute();
  await database.schema
    .createTable('signIns')
    .addColumn('digest', 'text', (column) => column.primaryKey())
    .addColumn('personId', 'text', (column) => column.notNull().references('people.id'))
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .addColumn('usedAtMs', 'bigint', (column) => column.notNull())
    .execute();
  await database.schema.createIndex('signInsByPerson').on('signIns').column('personId').execute();
}
