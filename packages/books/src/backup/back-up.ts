import { sql } from 'kysely';
import type { SqlKind } from '../database/open-database.ts';
import type { BooksDatabase, BooksTables } from '../database/schema.ts';
import { MIGRATIONS, migrate, migrateTo, NEWEST_MIGRATION } from '../migrations/migrate.ts';
import { type BackupRow, readBackupFile, writeBackupFile } from './backup-file.ts';

/**
 * Each after those that its rows refer to, with the columns that order it. A set-up token is for one start, a sign-in and
 * a challenge for one browser, and senders of webhooks are processes; none is kept.
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
  webhooks: ['id'],
  webhookLeads: ['appId'],
  webhookEvents: ['appId', 'no'],
  webhookDeliveries: ['appId', 'no'],
} as const satisfies Partial<Record<keyof BooksTables, readonly string[]>>;

const PAGE_SIZE = 500;
/** SQLite takes 32,766 values in a statement. */
const ROWS_PER_STATEMENT = 500;

/**
 * Writes everything in the books to a file, as it was at one moment; nodes go on using them.
 *
 * @returns how many rows
 * @throws Error – the books cannot be read, or the file not be written
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
 * Puts a backup into empty books, whichever kind of database either was. All of it, or nothing.
 *
 * @returns how many rows
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
