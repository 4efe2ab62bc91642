/** Usage in both kinds of database, by the contracts of the ledger and of the books. */
import { BooksUsageLedger } from '@causeway/accounts';
import { usageBooksContract } from '@causeway/accounts/usage-books-contract';
import { usageLedgerContract } from '@causeway/accounts/usage-ledger-contract';
import { migrate, openDatabase, SqlBooks } from '@causeway/books';
import { PostgresServer } from '@causeway/lab';
import { sql } from 'kysely';
import type { BooksDatabase } from '../src/database/schema.ts';

let postgres: PostgresServer;
let inPostgres: BooksDatabase;
const opened: BooksDatabase[] = [];

beforeAll(async () => {
  postgres = await PostgresServer.start();
  inPostgres = openDatabase({ kind: 'postgres', url: await postgres.createDatabase() });
  await migrate(inPostgres, 'postgres');
});

afterEach(async () => {
  for (const database of opened.splice(0)) await database.destroy();
});

afterAll(async () => {
  await inPostgres.destroy();
  await postgres.stop();
});

describe.each([
  [
    'SQLite',
    async () => {
      const database = openDatabase({ kind: 'file', path: ':memory:' });
      opened.push(database);
      await migrate(database, 'sqlite');
      return database;
    },
  ],
  [
    'Postgres',
    async () => {
      await sql`truncate "usageMarks", "usageHours"`.execute(inPostgres);
      return inPostgres;
    },
  ],
])('usage in %s', (_name, empty) => {
  const create = async () => new SqlBooks(await empty(), () => 0);

  test.each(usageBooksContract)('$name', async ({ run }) => {
    await expect(run(create)).resolves.toBeUndefined();
  });

  test.each(usageLedgerContract)('as a ledger: $name', async ({ run }) => {
    await expect(run(async () => new BooksUsageLedger(await create()))).resolves.toBeUndefined();
  });
});
