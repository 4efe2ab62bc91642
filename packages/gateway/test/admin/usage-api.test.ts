/** Usage and its price, as the admin API tells of them, over real books. */
import { AppMirror, NO_USAGE, type UsageBatch, type UsageKind, type UsagePart } from '@causeway/accounts';
import { migrate, openDatabase, SqlAccounts, SqlBooks } from '@causeway/books';
import { AppId } from '@causeway/protocol';
import { createGatewayApp } from '../../src/daemon/gateway-app.ts';
import { ReplyCounters } from '../../src/monitoring/reply-counters.ts';
import { MemorySfu } from '../support/memory-sfu.ts';
import { type Reply, serve, silentLogger } from '../support/test-server.ts';

const APP = AppId.parse('demo');
const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 9, 5, 13);
const RANGE = 'from=2026-10-05T13:00Z&to=2026-10-07';
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** An app that has used something in October 2026. */
async function startService() {
  const database = openDatabase({ kind: 'file', path: ':memory:' });
  await migrate(database, 'sqlite');
  const books = new SqlBooks(database, Date.now);
  const org = await books.createOrg('Example', { kind: 'operator' });
  const other = await books.createOrg('Other', { kind: 'operator' });
  await books.createApp({ orgId: org.id, id: APP, name: 'Demo' }, { kind: 'operator' });
  const { secret: key } = await books.createAdminKey(org.id, { name: 'billing' }, { kind: 'operator' });
  const { secret: foreignKey } = await books.createAdminKey(other.id, { name: 'billing' }, { kind: 'operator' });
  const apps = new AppMirror({ books, configured: [], schedule: () => () => undefined });
  const app = createGatewayApp({
    sfu: new MemorySfu(),
    apps,
    region: 'test',
    pricing: { pricePerGb: '0.05', freeBytesPerMonth: 1_000_000_000, currency: 'EUR' },
    logger: silentLogger,
    dashboardFolder: '/nonexistent',
    replies: new ReplyCounters(),
    readiness: () => 'ready',
    books: { books, accounts: new SqlAccounts(database, Date.now), apps, uses: undefined },
  });
  const server = await serve(app);
  closing.push(server.close, () => database.destroy());
  const ask = (path: string, bearer = key): Promise<Reply> =>
    server.send('GET', `/api/admin/v1/apps/${path}`, { headers: { Authorization: `Bearer ${bearer}` } });
  await books.recordUsage([
    batch(1, START_MS, [part('viewer-1', 'video', 3_000_000_000), part('viewer-1', 'audio', 20)]),
    batch(2, START_MS + HOUR_MS, [part('viewer-2', 'video', 500), part('=cmd()|"x"', 'data', 7)]),
  ]);
  return { ask, foreignKey };
}

function part(session: string, kind: UsageKind, bytes: number): UsagePart {
  const counted = kind === 'data' ? { data: bytes } : { down: bytes, up: 1 };
  return { sessionId: session, track: `host/${session}`, kind, bytes: { ...NO_USAGE, ...counted } };
}

function batch(seq: number, closedAtMs: number, parts: readonly UsagePart[]): UsageBatch {
  return { appId: APP, nodeNo: 101, epoch: 7, seq, follows: seq - 1, closedAtMs, region: 'eu', bytes: NO_USAGE, parts };
}

const codeOf = ({ json }: Reply): unknown => (json as { errorCode?: unknown }).errorCode;

test('usage is shown by hour, told apart by kind, with what is billed of it and the sum of all', async () => {
  const { ask } = await startService();

  const { status, json } = await ask(`demo/usage?${RANGE}&by=hour&groupBy=kind`);

  const counts = (down: number, data: number, up: number) => ({ down, data, up, relay: 0, retransmitted: 0, billed: down + data });
  expect(status).toBe(200);
  expect(json).toEqual({
    appId: 'demo',
    from: '2026-10-05T13:00:00.000Z',
    to: '2026-10-07T00:00:00.000Z',
    by: 'hour',
    groupBy: ['kind'],
    billedMetric: 'down+data',
    total: counts(3_000_000_520, 7, 3),
    rows: [
      { start: '2026-10-05T13:00:00.000Z', kind: 'audio', ...counts(20, 0, 1) },
      { start: '2026-10-05T13:00:00.000Z', kind: 'video', ...counts(3_000_000_000, 0, 1) },
      { start: '2026-10-05T14:00:00.000Z', kind: 'data', ...counts(0, 7, 0) },
      { start: '2026-10-05T14:00:00.000Z', kind: 'video', ...counts(500, 0, 1) },
    ],
  });
});

test('the same bytes are in JSON, in CSV and in CloudEvents, and no name becomes a formula of a spreadsheet', async () => {
  const { ask } = await startService();
  const query = `demo/usage?${RANGE}&groupBy=session`;

  const rows = ((await ask(query)).json as { rows: { session: string; billed: number }[] }).rows;
  const csv = await ask(`${query}&format=csv`);
  const events = JSON.parse((await ask(`${query}&format=cloudevents`)).text) as { id: string; data: { session: string; billed: number } }[];

  expect(csv.headers.get('Content-Type')).toBe('text/csv; charset=utf-8; header=present');
  expect(csv.text).toBe(
    [
      'start,session,down,data,up,relay,retransmitted,billed',
      `2026-10-05T00:00:00.000Z,"'=cmd()|""x""",0,7,0,0,0,7`,
      '2026-10-05T00:00:00.000Z,viewer-1,3000000020,0,2,0,0,3000000020',
      '2026-10-05T00:00:00.000Z,viewer-2,500,0,1,0,0,500',
      '',
    ].join('\r\n'),
  );
  expect(rows.map(({ session, billed }) => [session, billed])).toEqual(events.map(({ data }) => [data.session, data.billed]));
  expect(new Set(events.map(({ id }) => id)).size).toBe(3);
  expect(events[1]).toMatchObject({
    specversion: '1.0',
    id: '["day","2026-10-05T00:00:00.000Z",null,null,"viewer-1",null]',
    source: '/apps/demo',
    type: 'causeway.usage',
    subject: 'demo',
    time: '2026-10-06T00:00:00.000Z',
  });
});

test('pages are linked, and hold together what one page holds', async () => {
  const { ask } = await startService();
  const whole = (await ask(`demo/usage?${RANGE}&by=hour&groupBy=kind,session`)).json as { rows: object[] };
  const rows: object[] = [];
  let url = `demo/usage?${RANGE}&by=hour&groupBy=kind,session&limit=1`;
  for (let pages = 0; pages < 4; pages++) {
    const page = await ask(url);
    rows.push(...(page.json as { rows: object[] }).rows);
    url = page.headers.get('Link')?.match(/apps\/(.*)>; rel="next"/)?.[1] ?? '';
  }

  expect(rows).toEqual(whole.rows);
  expect(url).toBe('');
});

test('a month costs what it has used beyond the free gigabytes', async () => {
  const { ask } = await startService();

  expect((await ask('demo/bill?month=2026-10')).json).toEqual({
    appId: 'demo',
    month: '2026-10',
    isOver: Date.now() >= Date.UTC(2026, 10, 1),
    billedMetric: 'down+data',
    billedBytes: 3_000_000_527,
    freeBytes: 1_000_000_000,
    chargedBytes: 2_000_000_527,
    pricePerGb: '0.05',
    currency: 'EUR',
    cost: '0.100000',
  });
  expect((await ask('demo/bill?month=2026-09')).json).toMatchObject({ billedBytes: 0, chargedBytes: 0, cost: '0.000000' });
});

test.each([
  ['demo/usage?from=2026-10-05T13:30Z', 'invalid_params'],
  ['demo/usage?from=2026-13-01', 'invalid_params'],
  ['demo/usage?from=2026-10-06&to=2026-10-06', 'invalid_params'],
  ['demo/usage?from=2024-01-01&to=2026-10-06', 'invalid_params'],
  ['demo/usage?groupBy=colour', 'invalid_params'],
  ['demo/usage?by=minute', 'invalid_params'],
  ['demo/usage?limit=0', 'invalid_params'],
  ['demo/usage?limit=10001', 'invalid_params'],
  ['demo/usage?format=xml', 'invalid_params'],
  ['demo/usage?after=bm9uc2Vuc2U', 'invalid_params'],
  [`demo/usage?groupBy=kind&after=${Buffer.from('{"startMs":0}').toString('base64url')}`, 'invalid_params'],
  ['demo/usage?format=cloudevents&by=all', 'invalid_params'],
  ['demo/bill?month=2026-00', 'invalid_params'],
  ['other/usage', 'app_not_found'],
  ['other/bill', 'app_not_found'],
])('%s is %s', async (path, code) => {
  const { ask } = await startService();

  expect(codeOf(await ask(path))).toBe(code);
});

test('the usage of an app of another organisation is not there', async () => {
  const { ask, foreignKey } = await startService();

  expect([(await ask('demo/usage', foreignKey)).status, (await ask('demo/bill', foreignKey)).status]).toEqual([404, 404]);
});
