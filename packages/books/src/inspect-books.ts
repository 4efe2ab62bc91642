import { accessSync, constants, existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { sql } from 'kysely';
import { type BooksLocation, openDatabase } from './database/open-database.ts';

const OWNER_ONLY = 0o600;

/**
 * Checks whether the books can be written, without changing them.
 *
 * @throws Error – they cannot be opened or written
 */
export async function checkBooksWritable(location: BooksLocation): Promise<void> {
  if (location.kind === 'file' && !existsSync(location.path)) {
    // A file created here would belong to the user who runs this command.
    accessSync(existingFolderOf(location.path), constants.W_OK);
    return;
  }
  await using database = openDatabase(location);
  if (location.kind === 'file') {
    await database.connection().execute(async (connection) => {
      await sql`begin immediate`.execute(connection);
      await sql`rollback`.execute(connection);
    });
    return;
  }
  const { rows } = await sql<{ readonly transaction_read_only: string }>`show transaction_read_only`.execute(database);
  if (rows[0]?.transaction_read_only === 'on') throw new Error('this Postgres takes no writes: it is a replica, or read-only');
}

/** Records beside the file of the books that they were backed up; no effect for Postgres. */
export function noteBackup(location: BooksLocation, nowMs: number): void {
  if (location.kind === 'file') writeFileSync(noteOf(location.path), `${new Date(nowMs).toISOString()}\n`, { mode: OWNER_ONLY });
}

/** @returns the time of the last `noteBackup` in milliseconds since 1970; undefined if there was none */
export function lastBackupMs(path: string): number | undefined {
  return statSync(noteOf(path), { throwIfNoEntry: false })?.mtimeMs;
}

function existingFolderOf(path: string): string {
  const folder = dirname(path);
  return existsSync(folder) || folder === path ? folder : existingFolderOf(folder);
}

function noteOf(path: string): string {
  return `${path}.backed-up`;
}
