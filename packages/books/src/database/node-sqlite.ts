/** A Kysely dialect for the SQLite built into Node. Calls block the thread, so the books have a thread of their own. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { CompiledQuery, type DialectAdapter, type Driver, SqliteAdapter, type SqliteDatabase, SqliteDialect } from 'kysely';

/** Another process may be writing, such as a backup or a second node. */
const BUSY_TIMEOUT_MS = 5_000;

/** @param path the file, which is created if missing, or `:memory:` */
export function createNodeSqliteDialect(path: string): SqliteDialect {
  return new NodeSqliteDialect({ database: async () => openFile(path) });
}

class NodeSqliteDialect extends SqliteDialect {
  override createAdapter(): DialectAdapter {
    return new AtomicSqliteAdapter();
  }

  /**
   * Begins transactions with a write lock. Otherwise one that reads before it writes fails at once if another process has written in
   * between; with the lock, it waits for the other process.
   */
  override createDriver(): Driver {
    const driver = super.createDriver();
    driver.beginTransaction = async (connection) => void (await connection.executeQuery(CompiledQuery.raw('begin immediate')));
    return driver;
  }
}

/** SQLite supports DDL in transactions, which Kysely does not assume, so migrations are atomic. */
class AtomicSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

function openFile(path: string): SqliteDatabase {
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: BUSY_TIMEOUT_MS });
  // Commits are synced to the disk, because losing the last change could restore a revoked key.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  return {
    close: () => database.close(),
    prepare(sql) {
      const statement = database.prepare(sql);
      const bind = (parameters: readonly unknown[]): SQLInputValue[] => parameters.map(toSqliteValue);
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => [...statement.all(...bind(parameters))],
        run: (parameters) => statement.run(...bind(parameters)),
        iterate: (parameters) => statement.iterate(...bind(parameters)),
      };
    },
  };
}

/** SQLite has no boolean and no date type. */
function toSqliteValue(value: unknown): SQLInputValue {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof Date) return value.toISOString();
  return (value ?? null) as SQLInputValue;
}
