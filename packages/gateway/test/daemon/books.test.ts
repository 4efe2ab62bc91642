/** A node with books: its apps open with the keys in them, and it goes on when they cannot be reached. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Actor, BookedApp, Books } from '@causeway/accounts';
import { BooksThread } from '@causeway/books';
import { PostgresServer } from '@causeway/lab';
import { capturedOffer } from '@causeway/testkit/captured-offers';
import { killDaemons, type RunningDaemon, startDaemon } from '../support/running-daemon.ts';

const OPERATOR: Actor = { kind: 'operator' };
const OFFER = { type: 'offer', sdp: capturedOffer('chromium-quick-start-publisher') };
const folder = mkdtempSync(join(tmpdir(), 'causeway-node-books-'));
const threads: BooksThread[] = [];

afterEach(async () => {
  await killDaemons();
  for (const thread of threads.splice(0)) await thread.close();
});

afterAll(() => rmSync(folder, { recursive: true }));

/** The books, opened beside the node as another process would. */
function openBeside(location: ConstructorParameters<typeof BooksThread>[0]['location']): Promise<Books> {
  return new Promise((resolve) => {
    const thread = new BooksThread({ location, onReachable: (isReachable) => isReachable && resolve(thread.books) });
    threads.push(thread);
  });
}

async function bookApp(books: Books): Promise<{ readonly app: BookedApp; readonly secret: string; readonly keyId: string }> {
  const org = await books.createOrg('Example', OPERATOR);
  const app = await books.createApp({ orgId: org.id, name: 'Demo' }, OPERATOR);
  const { secret, key } = await books.createSecret(app.id, { name: 'backend' }, OPERATOR);
  return { app, secret, keyId: key.id };
}

async function baseOf(daemon: RunningDaemon): Promise<string> {
  const [, base = ''] = /"page":"(http:[^"]+)\/"/.exec(await daemon.waitFor('"message":"ready"')) ?? [];
  return base;
}

async function call(url: string, credential: string, body?: object) {
  const headers = { Authorization: `Bearer ${credential}`, 'Content-Type': 'application/json' };
  const reply = await fetch(url, body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: reply.status, json: (await reply.json()) as Record<string, never> };
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const startedAtMs = performance.now();
  while (!(await isTrue())) {
    if (performance.now() - startedAtMs > 20_000) throw new Error('it did not come true');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('apps in the books of a node open with their keys, and a key that another process revokes opens nothing soon after', async () => {
  const path = join(folder, 'books.sqlite');
  const books = await openBeside({ kind: 'file', path });
  const { app, secret, keyId } = await bookApp(books);
  const daemon = startDaemon({ CAUSEWAY_BOOKS: path });
  const url = `${await baseOf(daemon)}/api/sfu/${app.id}/sessions`;
  await until(async () => (await call(url, secret)).status === 200);
  const rolled = await books.rollKey(keyId, 0, OPERATOR);
  await until(async () => (await call(url, secret)).status === 401);
  const after = await call(url, rolled.secret);
  daemon.child.kill('SIGINT');
  const { stdout } = await daemon.exit;

  expect(after.status).toBe(200);
  // No app is made up where there is one.
  expect(stdout).toBe('');
  const [newest] = await books.listKeys(app.id);
  expect(newest?.lastUsedAtMs).toBeGreaterThan(0);
});

test('joins, tokens and metering go on while the books are stopped, and changes come into force when they are back', async () => {
  const postgres = await PostgresServer.start();
  try {
    const url = await postgres.createDatabase();
    const beside = await openBeside({ kind: 'postgres', url });
    const { app, secret, keyId } = await bookApp(beside);
    const daemon = startDaemon({ CAUSEWAY_BOOKS: url, CAUSEWAY_DEBUG_PORT: '0' });
    const base = `${await baseOf(daemon)}/api/sfu/${app.id}`;
    const [, debugPort = ''] = /"debugPort":(\d+)/.exec(await daemon.waitFor('"message":"ready"')) ?? [];
    await until(async () => (await call(`${base}/sessions`, secret)).status === 200);
    await postgres.kill();
    await daemon.waitFor('the books cannot be reached');
    const minted = await call(`${base}/tokens`, secret, { sub: 'alice' });
    const { token = '' } = minted.json;
    const joins = await Promise.all(
      [secret, token].map((credential) => call(`${base}/session/new`, credential, { sessionDescription: OFFER })),
    );
    const revoked = await call(`${base}/tokens/revoke`, secret, { sub: 'alice' });
    const refused = await call(`${base}/sessions`, token);
    const usage = () => fetch(`http://127.0.0.1:${debugPort}/debug/usage?app=${app.id}`).then(({ status }) => status);
    // What was counted is in the books, which are not there; what is counted now waits for them.
    const whileStopped = await usage();
    await postgres.restart();
    await beside.revokeKey(keyId, OPERATOR);
    await until(async () => (await call(`${base}/sessions`, secret)).status === 401);
    await until(async () => (await usage()) === 200);

    expect(joins.map(({ status }) => status)).toEqual([200, 200]);
    expect([minted.status, revoked.status, refused.status, whileStopped]).toEqual([200, 200, 401, 503]);
  } finally {
    await killDaemons();
    for (const thread of threads.splice(0)) await thread.close();
    await postgres.stop();
  }
});

test('books that a node uses are backed up by a command, restored by another, and opened by a node with the same keys', async () => {
  const [path, copy, backup] = ['used.sqlite', 'copy.sqlite', 'used.backup'].map((name) => join(folder, name)) as [string, string, string];
  const { app, secret } = await bookApp(await openBeside({ kind: 'file', path }));
  const made = await startDaemon({ CAUSEWAY_BOOKS: path }, 'books', 'backup', backup).exit;
  const restored = await startDaemon({ CAUSEWAY_BOOKS: copy }, 'books', 'restore', backup).exit;
  const again = await startDaemon({ CAUSEWAY_BOOKS: copy }, 'books', 'restore', backup).exit;
  const url = `${await baseOf(startDaemon({ CAUSEWAY_BOOKS: copy }))}/api/sfu/${app.id}/sessions`;
  await until(async () => (await call(url, secret)).status === 200);

  expect([made, restored].map(({ code, stdout, stderr }) => [code, stdout, stderr])).toEqual([
    [0, `7 rows are in ${backup}\n`, ''],
    [0, `7 rows are restored from ${backup}\n`, ''],
  ]);
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('the books are not empty')]);
});

test.each([
  [['books'], 'the command is "causeway books backup FILE" or "causeway books restore FILE"; causeway books --help says more'],
  [['books', 'burn', 'x'], 'the command is "causeway books backup FILE" or "causeway books restore FILE"; causeway books --help says more'],
  [['books', 'backup', 'x'], 'CAUSEWAY_BOOKS must be set to the location of the books'],
  [['nonsense'], 'there is no command or option "nonsense"'],
])('the command %j is refused with one line', async (args, message) => {
  const { code, stderr } = await startDaemon({}, ...args).exit;

  expect(code).toBe(2);
  expect(stderr).toContain(`causeway: ${message}`);
});

test('a node whose books cannot be opened says so once and serves the apps that it is configured with', async () => {
  const daemon = startDaemon({
    CAUSEWAY_BOOKS: '/dev/null/books.sqlite',
    CAUSEWAY_APP_ID: 'demo',
    CAUSEWAY_APP_SECRET: 'secret-of-the-books-test-01',
  });
  const base = await baseOf(daemon);
  const reply = await call(`${base}/api/sfu/demo/sessions`, 'secret-of-the-books-test-01');
  daemon.child.kill('SIGINT');
  const { code, stderr } = await daemon.exit;

  expect([reply.status, code]).toEqual([200, 0]);
  expect(stderr.split('the books cannot be reached').length - 1).toBe(1);
});
