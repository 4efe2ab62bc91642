/** Books that are copied to a file and back, from each kind of database to each. */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Actor } from '@causeway/accounts';
import { type BooksLocation, backUp, migrate, openDatabase, restore, SqlBooks, sqlKindOf } from '@causeway/books';
import { PostgresServer } from '@causeway/lab';
import { AppId } from '@causeway/protocol';
import type { BooksDatabase } from '../src/database/schema.ts';

const OPERATOR: Actor = { kind: 'operator' };
const PAGE = { limit: 100 };
const folder = mkdtempSync(join(tmpdir(), 'causeway-backup-'));
const opened: BooksDatabase[] = [];
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

const locate = async (kind: 'SQLite' | 'Postgres'): Promise<BooksLocation> =>
  kind === 'SQLite' ? { kind: 'file', path: ':memory:' } : { kind: 'postgres', url: await postgres.createDatabase() };

async function open(kind: 'SQLite' | 'Postgres') {
  const location = await locate(kind);
  const database = openDatabase(location);
  opened.push(database);
  return { database, kind: sqlKindOf(location), books: new SqlBooks(database, () => 1_000_000) };
}

/** Books with some of everything, backed up. */
async function makeBackup(kind: 'SQLite' | 'Postgres') {
  const former = await open(kind);
  await migrate(former.database, former.kind);
  const { books } = former;
  const org = await books.createOrg('Zoë & 日本', OPERATOR);
  for (let index = 0; index < 3; index++)
    await books.createApp({ orgId: org.id, name: `app ${index}`, settings: { maxSessions: 7 } }, OPERATOR);
  const [app] = await books.listApps(org.id, PAGE);
  const { key } = await books.createSecret(app?.id ?? AppId.parse('none'), { name: 'backend', expiresInMs: 1_000 }, OPERATOR);
  await books.createAdminKey(org.id, { name: 'deploy' }, OPERATOR);
  await books.removeApp(AppId.parse((await books.listApps(org.id, PAGE))[2]?.id), OPERATOR);
  const path = join(folder, `${++files}.backup`);
  const rows = await backUp(former.database, path, 1_000_000);
  return { ...former, org, key, path, rows };
}

/** All that calls need to know, by id. */
async function appsIn(books: SqlBooks) {
  const { serial, changed, removed } = await books.appChanges(0);
  return { serial, changed: changed.toSorted((one, other) => (one.id < other.id ? -1 : 1)), removed };
}

test.each([
  ['SQLite', 'Postgres'],
  ['Postgres', 'SQLite'],
] as const)('what was in %s is in %s, and the audit goes on', async (from, to) => {
  const { books, org, key, path, rows } = await makeBackup(from);
  const now = await open(to);
  const restored = await restore(now.database, now.kind, path);

  expect(restored).toBe(rows);
  expect(await appsIn(now.books)).toEqual(await appsIn(books));
  expect(await now.books.findKey(key.id)).toEqual(key);
  expect(await now.books.listAudit(org.id, PAGE)).toEqual(await books.listAudit(org.id, PAGE));
  await now.books.createApp({ orgId: org.id, name: 'later' }, OPERATOR);
  expect((await now.books.listAudit(org.id, { limit: 1 }))[0]?.id).toBe((await books.listAudit(org.id, { limit: 1 }))[0]!.id + 1);
});

test('only its owner can read a backup, which holds no secret, and nothing is left of one that failed', async () => {
  const { path, database } = await makeBackup('SQLite');
  const nowhere = join(folder, 'missing', 'x.backup');

  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, 'utf8')).not.toMatch(/cw[sa]_[A-Za-z0-9_-]{20}/);
  await expect(backUp(database, nowhere, 0)).rejects.toThrow('ENOENT');
  expect(existsSync(`${path}.part`)).toBe(false);
});

test.each([
  ['a cut tail', (text: string) => text.slice(0, -100), 'damaged or incomplete'],
  ['a missing line', (text: string) => text.replace(/\n.*\n/, '\n'), 'damaged or incomplete'],
  ['a flipped letter', (text: string) => text.replace('backend', 'backenb'), 'damaged or incomplete'],
  ['nothing in it', () => '', 'not a backup'],
  ['something else in it', () => '{"rows":0}\n', 'damaged or incomplete'],
])('a backup with %s restores nothing', async (_name, damage, message) => {
  const { path } = await makeBackup('SQLite');
  const damaged = join(folder, 'damaged.backup');
  copyFileSync(path, damaged);
  writeFileSync(damaged, damage(readFileSync(path, 'utf8')));
  const now = await open('SQLite');

  await expect(restore(now.database, now.kind, damaged)).rejects.toThrow(message);
});

test('books that are not empty are left as they are', async () => {
  const { path, database, kind, books } = await makeBackup('SQLite');

  await expect(restore(database, kind, path)).rejects.toThrow('the books are not empty');
  expect(await books.listOrgs(PAGE)).toHaveLength(1);
});
