/** The books in both kinds of database, by one contract. */
import { createSecretKey } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accountsContract } from '@causeway/accounts/accounts-contract';
import { booksContract } from '@causeway/accounts/books-contract';
import { webhookBooksContract } from '@causeway/accounts/webhook-books-contract';
import { type BooksLocation, migrate, openDatabase, SqlAccounts, SqlBooks, SqlWebhooks, sqlKindOf } from '@causeway/books';
import { PostgresServer } from '@causeway/lab';
import { sql } from 'kysely';
import type { BooksDatabase } from '../src/database/schema.ts';

const folder = mkdtempSync(join(tmpdir(), 'causeway-books-'));
const opened: BooksDatabase[] = [];
const SEALING_KEY = createSecretKey(Buffer.alloc(32, 7));
let postgres: PostgresServer;
let files = 0;

beforeAll(async () => {
  postgres = await PostgresServer.start();
});

afterEach(async () => {
  for (const database of opened.splice(0)) await database.destroy();
});

afterAll(async () => {
  await postgres.stop();
  rmSync(folder, { recursive: true });
});

async function open(location: BooksLocation) {
  const database = openDatabase(location);
  opened.push(database);
  await migrate(database, sqlKindOf(location));
  let nowMs = 1_000_000;
  const advance = (ms: number): void => {
    nowMs += ms;
  };
  return {
    books: new SqlBooks(database, () => nowMs),
    accounts: new SqlAccounts(database, () => nowMs, { sealingKey: SEALING_KEY }),
    webhooks: new SqlWebhooks(database, () => nowMs, { maxWaiting: 10, maxPerApp: 20 }),
    advance,
    nowMs: () => nowMs,
  };
}

const newFile = (): BooksLocation => ({ kind: 'file', path: join(folder, `${++files}.sqlite`) });
const newPostgres = async (): Promise<BooksLocation> => ({ kind: 'postgres', url: await postgres.createDatabase() });

/** Making a database takes longer than a case does. */
async function openEmptied(location: BooksLocation) {
  const emptied = await open(location);
  const ofWebhooks = sql`webhooks, "webhookLeads", "webhookSenders", "webhookEvents", "webhookDeliveries"`;
  const ofPeople = sql`people, members, invitations, totps, passkeys, challenges, "oidcIdentities", "signIns"`;
  await sql`truncate orgs, apps, keys, audit, "setUps", ${ofPeople}, ${ofWebhooks} restart identity`.execute(
    opened.at(-1) as BooksDatabase,
  );
  await opened.at(-1)?.updateTable('serials').set({ value: 0 }).execute();
  return emptied;
}

test.each(booksContract)('books in SQLite: $name', async ({ run }) => {
  await expect(run(() => open({ kind: 'file', path: ':memory:' }))).resolves.toBeUndefined();
});

test.each(accountsContract)('people in SQLite: $name', async ({ run }) => {
  await expect(run(() => open({ kind: 'file', path: ':memory:' }))).resolves.toBeUndefined();
});

test.each(webhookBooksContract)('webhooks in SQLite: $name', async ({ run }) => {
  await expect(run(() => open({ kind: 'file', path: ':memory:' }))).resolves.toBeUndefined();
});

describe('books in Postgres', () => {
  let shared: BooksLocation;

  beforeAll(async () => {
    shared = await newPostgres();
  });

  test.each(booksContract)('$name', async ({ run }) => {
    await expect(run(() => openEmptied(shared))).resolves.toBeUndefined();
  });

  test.each(accountsContract)('people: $name', async ({ run }) => {
    await expect(run(() => openEmptied(shared))).resolves.toBeUndefined();
  });

  test.each(webhookBooksContract)('webhooks: $name', async ({ run }) => {
    await expect(run(() => openEmptied(shared))).resolves.toBeUndefined();
  });
});

describe.each([
  ['SQLite', async () => newFile()],
  ['Postgres', newPostgres],
])('books in %s', (_name, locate) => {
  test('are there after they were closed', async () => {
    const location = await locate();
    const org = await (await open(location)).books.createOrg('Example', { kind: 'operator' });
    for (const database of opened.splice(0)) await database.destroy();

    expect(await (await open(location)).books.findOrg(org.id)).toEqual(org);
  });

  test('are not opened by a version that does not know their tables', async () => {
    const location = await locate();
    await open(location);
    const [database] = opened;
    const later = { name: '9999-later', timestamp: '2999-01-01T00:00:00.000Z' };
    await database
      ?.insertInto('kysely_migration' as never)
      .values(later as never)
      .execute();

    await expect(open(location)).rejects.toThrow('the books were changed by a newer version of Causeway');
  });
});

test('several nodes may find an empty Postgres at once', async () => {
  const location = await newPostgres();
  const [first] = await Promise.all([open(location), open(location), open(location)]);

  expect(await first?.books.listOrgs({ limit: 1 })).toEqual([]);
});

test('only the user who runs the node can read the file', async () => {
  const location = newFile();
  await open(location);

  expect(statSync(location.kind === 'file' ? location.path : '').mode & 0o777).toBe(0o600);
});
