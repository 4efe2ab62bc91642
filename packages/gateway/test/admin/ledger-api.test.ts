/** The ledger of an app: out of real books, through the API, into a file and through `causeway ledger verify`. */
import { createSecretKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppMirror, LedgerAuthority, NO_USAGE, type UsageBatch, UsageSealer } from '@causeway/accounts';
import { migrate, openDatabase, SqlAccounts, SqlBooks } from '@causeway/books';
import { AppId } from '@causeway/protocol';
import { createGatewayApp } from '../../src/daemon/gateway-app.ts';
import { runLedgerCommand } from '../../src/daemon/ledger-command.ts';
import { ReplyCounters } from '../../src/monitoring/reply-counters.ts';
import { openLedger } from '../../src/usage/open-ledger.ts';
import { MemorySfu } from '../support/memory-sfu.ts';
import { serve, silentLogger } from '../support/test-server.ts';

const APP = AppId.parse('demo');
const OTHER_APP = AppId.parse('other');
const OPERATOR = { kind: 'operator' } as const;
const authority = new LedgerAuthority(createSecretKey(Buffer.alloc(32, 1)));
const folder = mkdtempSync(join(tmpdir(), 'causeway-ledger-'));
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

afterAll(() => rmSync(folder, { recursive: true }));

function batch(appId: AppId, seq: number, closedAtMs: number): UsageBatch {
  const bytes = { ...NO_USAGE, down: 1_000, data: 1 };
  const parts = [{ sessionId: 'session-101-a', track: 'session-101-b/camera', kind: 'video', bytes } as const];
  return { appId, nodeNo: 101, epoch: 7, seq, follows: seq - 1, closedAtMs, region: 'eu', bytes, parts };
}

/** A node with two apps that have used something for 500 flushes on 1 October 2026. */
async function startService({ signs = true } = {}) {
  const database = openDatabase({ kind: 'file', path: ':memory:' });
  await migrate(database, 'sqlite');
  const books = new SqlBooks(database, Date.now);
  const org = await books.createOrg('Example', OPERATOR);
  await books.createApp({ orgId: org.id, id: APP, name: 'Demo' }, OPERATOR);
  const { secret: key } = await books.createAdminKey(org.id, { name: 'billing' }, OPERATOR);
  const signer = authority.createSigner({ nodeNo: 101, epoch: 7 });
  const sealer = new UsageSealer(signer);
  const startMs = Date.UTC(2026, 9, 1);
  const batches: UsageBatch[] = [];
  for (let seq = 1; seq <= 500; seq++) {
    batches.push(...sealer.seal([batch(APP, seq, startMs + seq * 60_000), batch(OTHER_APP, seq, startMs + seq * 60_000)]));
  }
  await books.recordUsage(batches);
  const apps = new AppMirror({ books, configured: [], schedule: () => () => undefined });
  const app = createGatewayApp({
    sfu: new MemorySfu(),
    apps,
    region: 'test',
    logger: silentLogger,
    dashboardFolder: '/nonexistent',
    replies: new ReplyCounters(),
    readiness: () => 'ready',
    books: { books, accounts: new SqlAccounts(database, Date.now), apps, uses: undefined },
    ...(signs ? { ledger: { authority: authority.publicKey, signer } } : {}),
  });
  const server = await serve(app);
  closing.push(server.close, () => database.destroy());
  const ask = (path: string) => server.send('GET', `/api/admin/v1/apps/${path}`, { headers: { Authorization: `Bearer ${key}` } });
  return { ask };
}

function save(text: string): string {
  const path = join(folder, 'demo.ndjson');
  writeFileSync(path, text);
  return path;
}

test('what is exported is whole, is what the bill says, and shows nothing of other apps', async () => {
  const { ask } = await startService();
  const { text, headers } = await ask('demo/ledger?from=2026-10-01&to=2026-11-01');
  const { billedBytes } = (await ask('demo/bill?month=2026-10')).json as { billedBytes: number };

  expect(headers.get('Content-Type')).toBe('application/x-ndjson; charset=utf-8');
  expect(billedBytes).toBe(500 * 1_001);
  expect(text).not.toContain(OTHER_APP);
  expect(await runLedgerCommand(['verify', save(text), authority.publicKey])).toBe(
    [
      'The ledger of app demo from 2026-10-01T00:00:00.000Z to 2026-11-01T00:00:00.000Z is complete and unchanged.',
      '500 leaves, 500500 bytes billed (down 500000, data 500).',
      `Signed by nodes of the authority ${authority.publicKey}.`,
      '',
    ].join('\n'),
  );
});

test('part of a month is a ledger of its own', async () => {
  const { ask } = await startService();
  const { text } = await ask('demo/ledger?from=2026-10-01T01:00Z&to=2026-10-01T03:00Z');

  expect(await runLedgerCommand(['verify', save(text)])).toContain('120 leaves, 120120 bytes billed');
});

test.each([
  ['a flipped byte', (text: string) => text.replace('\\"down\\":1000', '\\"down\\":1001'), /line 2: the leaf is not in its block/],
  ['a cut tail', (text: string) => text.slice(0, -2_000), /the end is missing/],
  ['two swapped lines', (text: string) => text.replace(/^(.*\n)(.*\n)(.*\n)/, '$1$3$2'), /line 2: |line 3: /],
])('%s is found', async (_what, damage, problem) => {
  const { ask } = await startService();
  const { text } = await ask('demo/ledger?from=2026-10-01&to=2026-11-01');

  await expect(runLedgerCommand(['verify', save(damage(text))])).rejects.toThrow(problem);
});

test('the command says what it takes, and which file it cannot read', async () => {
  await expect(runLedgerCommand([])).rejects.toThrow('the command is "causeway ledger verify FILE [AUTHORITY]"');
  await expect(runLedgerCommand(['verify', join(folder, 'missing')])).rejects.toThrow('cannot be read: ENOENT');
});

test('a node that signs no ledger exports none', async () => {
  const { ask } = await startService({ signs: false });

  expect(await ask('demo/ledger')).toMatchObject({ status: 503, json: { errorCode: 'books_unavailable' } });
});

test('a standalone node has the same authority after a restart, and keeps its key to itself', async () => {
  const path = join(folder, 'books.sqlite');
  const open = () =>
    openLedger({
      config: { tokenKey: undefined, books: { kind: 'file', path } },
      cluster: undefined,
      life: { nodeNo: 101, epoch: 7 },
      logger: silentLogger,
    });
  const [one, other] = [await open(), await open()];

  expect(other.authority).toBe(one.authority);
  expect(other.signer.certificate.publicKey).not.toBe(one.signer.certificate.publicKey);
  expect(statSync(`${path}.ledger-key`).mode & 0o777).toBe(0o600);
  expect(readFileSync(`${path}.ledger-key`, 'utf8')).toMatch(/^[0-9a-f]{64}$/);
});
