/** Lets Kysely use the SQLite that comes with Node. Calls block the thread: the books have one of their own. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { CompiledQuery, type DialectAdapter, type Driver, SqliteAdapter, type SqliteDatabase, SqliteDialect } from 'kysely';

/** Another process may be writing, such as a backup or a second node. */
const BUSY_TIMEOUT_MS = 5_000;

/** @param path of the file, which is made if it is not there; `:memory:` for none */
export function createNodeSqliteDialect(path: string): SqliteDialect {
  return new NodeSqliteDialect({ database: async () => openFile(path) });
}

class NodeSqliteDialect extends SqliteDialect {
  override createAdapter(): DialectAdapter {
    return new AtomicSqliteAdapter();
  }

  /**
   * A transaction that reads before it writes fails at once where another process has written in between. One that is for writing from the
   * beginning waits for the other.
   */
  override createDriver(): Driver {
    const driver = super.createDriver();
    driver.beginTransaction = async (connection) => void (await connection.executeQuery(CompiledQuery.raw('begin immediate')));
    return driver;
  }
}

/** Kysely assumes otherwise, but in SQLite tables are made and changed within a transaction: a migration happens whole or not at all. */
class AtomicSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

function openFile(path: string): SqliteDatabase {
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: BUSY_TIMEOUT_MS });
  // What is committed is on the disk: losing the last change of a key would bring a revoked one back.
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

/** SQLite has no truth values, and dates are texts. */
function toSqliteValue(value: unknown): SQLInputValue {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof Date) return value.toISOString();
  return (value ?? null) as SQLInputValue;
}
