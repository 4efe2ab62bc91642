import { sql } from 'kysely';
import { DEFAULT_MIGRATION_TABLE, Migrator } from 'kysely/migration';
import type { SqlKind } from '../database/open-database.ts';
import type { BooksDatabase } from '../database/schema.ts';
import { createOrgsAppsKeys } from './0001-orgs-apps-keys.ts';
import { createUsage } from './0002-usage.ts';
import { createLedger } from './0003-ledger.ts';
import { createPeople } from './0004-people.ts';
import { createFactors } from './0005-factors.ts';
import { createPasskeys } from './0006-passkeys.ts';
import { createWebhooks } from './0007-webhooks.ts';
import { createOidcIdentities } from './0008-oidc-identities.ts';

/** The migrations of this version by name, in order. A released migration is never changed. */
export const MIGRATIONS = {
  '0001-orgs-apps-keys': createOrgsAppsKeys,
  '0002-usage': createUsage,
  '0003-ledger': createLedger,
  '0004-people': createPeople,
  '0005-factors': createFactors,
  '0006-passkeys': createPasskeys,
  '0007-webhooks': createWebhooks,
  '0008-oidc-identities': createOidcIdentities,
} as const;

/** The name of the newest migration, which backups contain. */
export const NEWEST_MIGRATION = Object.keys(MIGRATIONS).at(-1) ?? '';

/**
 * Migrates the schema to this version, in one transaction. Several nodes may call it at once.
 *
 * @throws Error – the database cannot be reached, or a newer version has changed it
 */
export function migrate(database: BooksDatabase, kind: SqlKind): Promise<void> {
  return migrateTo(database, kind, NEWEST_MIGRATION);
}

/** Migrates the schema up to an earlier migration, for the rows of a backup of that version. Throws what `migrate` throws. */
export async function migrateTo(database: BooksDatabase, kind: SqlKind, migration: string): Promise<void> {
  const entries = Object.entries(MIGRATIONS).map(([name, create]) => [name, create(kind)]);
  const migrator = new Migrator({ db: database, provider: { getMigrations: async () => Object.fromEntries(entries) } });
  const { error } = await migrator.migrateTo(migration);
  if (error === undefined) return;
  if (await hasUnknown(database)) throw new Error('the books were changed by a newer version of Causeway', { cause: error });
  throw error;
}

async function hasUnknown(database: BooksDatabase): Promise<boolean> {
  const { rows } = await sql<{ readonly name: string }>`select name from ${sql.table(DEFAULT_MIGRATION_TABLE)}`.execute(database);
  return rows.some(({ name }) => !Object.hasOwn(MIGRATIONS, name));
}
