import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { createNodeSqliteDialect } from './node-sqlite.ts';
import type { BooksDatabase, BooksTables } from './schema.ts';

/** The location of the books: a file, or a Postgres database. */
export type BooksLocation = { readonly kind: 'file'; readonly path: string } | { readonly kind: 'postgres'; readonly url: string };

/** The SQL dialect of a database. */
export type SqlKind = 'sqlite' | 'postgres';

const MAX_CONNECTIONS = 4;
/** A database that does not answer must not delay calls of the console for long. */
const CONNECT_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 5_000;
const OWNER_ONLY = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

export function sqlKindOf({ kind }: BooksLocation): SqlKind {
  return kind === 'file' ? 'sqlite' : 'postgres';
}

/**
 * Opens a database without reading from it. Close it with `destroy`.
 *
 * @throws Error – the file cannot be created
 */
export function openDatabase(location: BooksLocation): BooksDatabase {
  if (location.kind === 'file') {
    prepareFile(location.path);
    return new Kysely<BooksTables>({ dialect: createNodeSqliteDialect(location.path) });
  }
  const pool = new pg.Pool({
    connectionString: location.url,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'causeway',
    types: { getTypeParser: parserOf as typeof pg.types.getTypeParser },
  });
  // An idle connection may break; the next call opens another one, or fails.
  pool.on('error', () => undefined);
  return new Kysely<BooksTables>({ dialect: new PostgresDialect({ pool }) });
}

/** Makes the file private, because other users of the machine must not read the digests of keys. */
function prepareFile(path: string): void {
  if (path === ':memory:') return;
  mkdirSync(dirname(path), { recursive: true, mode: OWNER_ONLY_FOLDER });
  closeSync(openSync(path, 'a', OWNER_ONLY));
  chmodSync(path, OWNER_ONLY);
}

/** Parses 64-bit integers as numbers, since all those in the books are safe integers; by default, pg returns strings. */
function parserOf(oid: number, format?: 'text' | 'binary'): unknown {
  return oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format as 'text');
}
