import { sql } from 'kysely';
import type { SqlKind } from '../database/open-database.ts';
import type { BooksDatabase, BooksTables } from '../database/schema.ts';
import { MIGRATIONS, migrate, migrateTo, NEWEST_MIGRATION } from '../migrations/migrate.ts';
import { type BackupRow, readBackupFile, writeBackupFile } from './backup-file.ts';

/**
 * The tables in a backup with the columns that order their rows. Each table follows those that it references. Set-up tokens, sign-ins,
 * challenges and senders of webhooks are short-lived, so they are not included.
 */
const TABLES = {
  orgs: ['id'],
  apps: ['id'],
  keys: ['id'],
  audit: ['id'],
  serials: ['name'],
  usageMarks: ['appId', 'nodeNo', 'epoch'],
  usageLeaves: ['appId', 'nodeNo', 'epoch', 'seq'],
  usageHours: ['appId', 'hourMs', 'region', 'kind', 'sessionId', 'track'],
  people: ['id'],
  members: ['orgId', 'personId'],
  invitations: ['id'],
  totps: ['personId'],
  passkeys: ['id'],
  oidcIdentities: ['issuer', 'subject'],
  webhooks: ['id'],
  webhookLeads: ['appId'],
  webhookEvents: ['appId', 'no'],
  webhookDeliveries: ['appId', 'no'],
} as const satisfies Partial<Record<keyof BooksTables, readonly string[]>>;

const PAGE_SIZE = 500;
/** SQLite allows 32,766 parameters in a statement. */
const ROWS_PER_STATEMENT = 500;

/**
 * Writes a consistent snapshot of the books to a file while nodes use them.
 *
 * @returns the number of rows
 * @throws Error – the books cannot be read, or the file cannot be written
 */
export function backUp(database: BooksDatabase, path: string, nowMs: number): Promise<number> {
  const header = { migration: NEWEST_MIGRATION, at: new Date(nowMs).toISOString() };
  return database
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute((snapshot) => writeBackupFile(path, header, readRows(snapshot)));
}

async function* readRows(database: BooksDatabase): AsyncGenerator<BackupRow> {
  for (const [table, columns] of Object.entries(TABLES)) {
    const order = sql.join(columns.map((column) => sql.ref(column)));
    for (let offset = 0; ; offset += PAGE_SIZE) {
      const page = sql`select * from ${sql.table(table)} order by ${order} limit ${PAGE_SIZE} offset ${offset}`;
      const { rows } = await page.execute(database);
      for (const row of rows) yield { table, row: { ...(row as object) } };
      if (rows.length < PAGE_SIZE) break;
    }
  }
}

/**
 * Restores a backup into empty books of either kind of database, in one transaction.
 *
 * @returns the number of rows
 * @throws Error – the file is damaged or of a newer version, or the books are not empty
 */
export async function restore(database: BooksDatabase, kind: SqlKind, path: string): Promise<number> {
  const { header, rows } = await readBackupFile(path);
  if (!Object.hasOwn(MIGRATIONS, header.migration)) throw new Error(`${path} was made by a newer version of Causeway`);
  await migrateTo(database, kind, header.migration);
  await database.transaction().execute(async (transaction) => {
    const org = await transaction.selectFrom('orgs').select('id').limit(1).executeTakeFirst();
    if (org !== undefined) throw new Error('the books are not empty; restore into a new file or database');
    await transaction.deleteFrom('serials').execute();
    for (const table of Object.keys(TABLES) as (keyof typeof TABLES)[]) {
      await insertRows(
        transaction,
        table,
        rows.filter((each) => each.table === table),
      );
    }
    if (kind === 'postgres')
      await sql`select setval(pg_get_serial_sequence('audit', 'id'), (select max(id) from audit))`.execute(transaction);
  });
  await migrate(database, kind);
  return rows.length;
}

async function insertRows(database: BooksDatabase, table: keyof typeof TABLES, rows: readonly BackupRow[]): Promise<void> {
  for (let first = 0; first < rows.length; first += ROWS_PER_STATEMENT) {
    const values = rows.slice(first, first + ROWS_PER_STATEMENT).map(({ row }) => row);
    await database
      .insertInto(table)
      .values(values as never)
      .execute();
  }
}
