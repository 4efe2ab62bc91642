/** The books as calls reach them: in a thread of their own, and sometimes not at all. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Actor } from '@causeway/accounts';
import { BooksThread } from '@causeway/books';
import { PostgresServer } from '@causeway/lab';
import { AppId, SfuError } from '@causeway/protocol';

const OPERATOR: Actor = { kind: 'operator' };
const folder = mkdtempSync(join(tmpdir(), 'causeway-books-'));
const threads: BooksThread[] = [];

afterEach(async () => {
  for (const thread of threads.splice(0)) await thread.close();
});

let postgres: PostgresServer;

beforeAll(async () => {
  postgres = await PostgresServer.start();
});

afterAll(async () => {
  await postgres.stop();
  rmSync(folder, { recursive: true });
});

/** @returns how to wait until the books can be reached, or no longer can */
function open(location: ConstructorParameters<typeof BooksThread>[0]['location']) {
  const changes = new EventTarget();
  let isReachable: boolean | undefined;
  const thread = new BooksThread({
    location,
    onReachable(now) {
      isReachable = now;
      changes.dispatchEvent(new Event('change'));
    },
  });
  threads.push(thread);
  const becomes = (wanted: boolean): Promise<void> =>
    isReachable === wanted
      ? Promise.resolve()
      : new Promise((resolve) => changes.addEventListener('change', () => resolve(becomes(wanted)), { once: true }));
  return { thread, books: thread.books, becomes };
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'nothing failed',
    (error: unknown) => (error instanceof SfuError ? error.code : error),
  );
}

test('calls cross to the thread and back, errors with their codes', async () => {
  const { books, becomes } = open({ kind: 'file', path: join(folder, 'calls', 'books.sqlite') });
  const early = failureOf(books.listOrgs({ limit: 1 }));
  await becomes(true);
  const org = await books.createOrg('Example', OPERATOR);

  expect(await early).toBe('books_unavailable');
  expect(await books.findOrg(org.id)).toEqual(org);
  expect(await failureOf(books.findApp(AppId.parse('missing')))).toBe('app_not_found');
});

test('two threads change the same file at the same time', async () => {
  const location = { kind: 'file', path: join(folder, 'shared.sqlite') } as const;
  const [one, other] = [open(location), open(location)];
  await Promise.all([one.becomes(true), other.becomes(true)]);
  const org = await one.books.createOrg('Example', OPERATOR);
  const names = Array.from({ length: 20 }, (_unused, index) => String(index));
  await Promise.all(names.map((name, index) => (index % 2 === 0 ? one : other).books.createApp({ orgId: org.id, name }, OPERATOR)));
  const { changed, serial } = await other.books.appChanges(0);

  expect([changed.length, serial]).toEqual([20, 20]);
});

test('what is under way when the books are closed is carried out, and nothing after it', async () => {
  const location = { kind: 'file', path: join(folder, 'closing.sqlite') } as const;
  const { books, becomes, thread } = open(location);
  await becomes(true);
  const [org] = await Promise.all([books.createOrg('Example', OPERATOR), thread.close()]);
  const late = await failureOf(books.findOrg(org.id));
  const again = open(location);
  await again.becomes(true);

  expect(late).toBe('books_unavailable');
  expect(await again.books.findOrg(org.id)).toEqual(org);
});

test('books in a Postgres that goes away and comes back are unavailable in between', async () => {
  const { books, becomes } = open({ kind: 'postgres', url: await postgres.createDatabase() });
  await becomes(true);
  const org = await books.createOrg('Example', OPERATOR);
  await postgres.kill();
  const away = await failureOf(books.findOrg(org.id));
  await becomes(false);
  await postgres.restart();

  expect(away).toBe('books_unavailable');
  expect(await books.findOrg(org.id)).toEqual(org);
});

test('books that are not there at the start are found later', async () => {
  const url = await postgres.createDatabase();
  await postgres.kill();
  const { books, becomes } = open({ kind: 'postgres', url });
  await becomes(false);
  await postgres.restart();
  await becomes(true);

  expect(await books.listOrgs({ limit: 1 })).toEqual([]);
});
