import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { createNodeSqliteDialect } from './node-sqlite.ts';
import type { BooksDatabase, BooksTables } from './schema.ts';

/** Where the books are: in a file, or in a Postgres. */
export type BooksLocation = { readonly kind: 'file'; readonly path: string } | { readonly kind: 'postgres'; readonly url: string };

/** The kind of SQL that a database speaks. */
export type SqlKind = 'sqlite' | 'postgres';

const MAX_CONNECTIONS = 4;
/** A database that does not answer must not hold calls of the console for long. */
const CONNECT_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 5_000;
const OWNER_ONLY = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

export function sqlKindOf({ kind }: BooksLocation): SqlKind {
  return kind === 'file' ? 'sqlite' : 'postgres';
}

/**
 * Opens a database without looking into it. Close it with `destroy`.
 *
 * @throws Error – the file cannot be made
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
  // A connection that breaks while it is idle; the next call makes another one, or fails.
  pool.on('error', () => undefined);
  return new Kysely<BooksTables>({ dialect: new PostgresDialect({ pool }) });
}

/** It holds digests of keys, which other users of the machine must not read. */
function prepareFile(path: string): void {
  if (path === ':memory:') return;
  mkdirSync(dirname(path), { recursive: true, mode: OWNER_ONLY_FOLDER });
  closeSync(openSync(path, 'a', OWNER_ONLY));
  chmodSync(path, OWNER_ONLY);
}

/** All whole numbers of the books fit into a JavaScript number; pg would make texts of those with 64 bits. */
function parserOf(oid: number, format?: 'text' | 'binary'): unknown {
  return oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format as 'text');
}
