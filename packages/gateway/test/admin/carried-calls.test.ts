/** The admin API on nodes without books: calls are carried to a node that keeps them, and credentials are checked there. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAddressSet, createGeoChain, MemoryCallClaims } from '@causeway/cluster';
import { type NodeRecord, StaticNodeDirectory } from '@causeway/sfu';
import { ClusterCalls } from '../../src/placement/cluster-calls.ts';
import { closeNodes, startNode } from '../support/admin-node.ts';
import { CLUSTER_TRUST, recordOf } from '../support/test-cluster.ts';

const closing: (() => void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) close();
  await closeNodes();
});

/** @param nodeNo of a new member of the cluster, which knows no others yet */
function member(nodeNo: number, region = 'home') {
  const directory = new StaticNodeDirectory(recordOf({ nodeNo, region }, 'http://127.0.0.1:9'));
  const trustedProxies = createAddressSet(['127.0.0.1']);
  const cluster = new ClusterCalls(
    { directory, trust: CLUSTER_TRUST, claims: new MemoryCallClaims(), geo: createGeoChain([]), trustedProxies },
    () => performance.now(),
  );
  closing.push(() => cluster.close());
  /** Lists another node, as one with books unless it says otherwise. */
  const know = (nodeNo: number, apiUrl: string, changes: Partial<NodeRecord> = {}) =>
    directory.put({ ...recordOf({ nodeNo }, apiUrl), keepsBooks: true, ...changes });
  return { cluster, know };
}

/** A node with books, and one without that knows it. */
async function startPair() {
  const keeper = await startNode({ cluster: member(101).cluster });
  const { cluster, know } = member(102);
  know(101, keeper.url);
  return { keeper, other: await startNode({ hasBooks: false, cluster }), cluster };
}

async function setUp({ keeper, other }: Awaited<ReturnType<typeof startPair>>) {
  const setUpToken = await keeper.books.openSetUp();
  const { organisation, secret: key } = await other.made<{ organisation: { id: string }; secret: string }>('POST', '/set-up', '', {
    setUpToken,
    organisation: 'Example',
  });
  return { org: organisation.id, key };
}

test('an organisation, a key and an app are made at a node without books, and are in those of the other', async () => {
  const pair = await startPair();
  const { org, key } = await setUp(pair);

  const app = await pair.other.made<{ id: string }>('POST', `/organisations/${org}/apps`, key, { name: 'Demo' });
  const [here, there] = await Promise.all([pair.other, pair.keeper].map((node) => node.admin('GET', `/apps/${app.id}`, key)));

  expect(here?.json).toMatchObject({ id: app.id, name: 'Demo' });
  expect(here?.json).toEqual(there?.json);
  expect(here?.headers.get('etag')).toBe(there?.headers.get('etag'));
  expect((await pair.other.admin('PATCH', `/apps/${app.id}`, key, { name: 'New' }, { 'If-Match': '"9"' })).status).toBe(409);
  expect((await pair.other.admin('GET', `/organisations/${org}/apps?limit=1`, key)).json).toMatchObject({ apps: [{ id: app.id }] });
});

test('wrong and missing keys, unknown paths, methods and bodies are refused as at the node with books', async () => {
  const pair = await startPair();
  const { org, key } = await setUp(pair);
  const calls: [method: string, path: string, key: string, body?: unknown][] = [
    ['GET', `/organisations/${org}/apps`, 'cwa_wrong'],
    ['GET', `/organisations/${org}/apps`, ''],
    ['GET', '/nothing-here', key],
    ['PUT', `/organisations/${org}/apps`, key],
    ['POST', `/organisations/${org}/apps`, key, { name: 7 }],
    ['POST', `/organisations/${org}/apps`, key, '{'],
    ['GET', '/apps/unknown', key],
  ];

  for (const [method, path, credential, body] of calls) {
    const [here, there] = await Promise.all(
      [pair.other, pair.keeper].map((node) => node.admin(method, path, credential, body, { 'X-Request-Id': 'same' })),
    );
    expect([here?.status, here?.text]).toEqual([there?.status, there?.text]);
    expect(here?.status).toBeGreaterThanOrEqual(400);
  }
});

test('a person signs in on a page of the node without books, whose name the cookie has', async () => {
  const pair = await startPair();
  const setUpToken = await pair.keeper.books.openSetUp();
  const page = { Origin: pair.other.url };
  const person = { email: 'ada@example.org', name: 'Ada', password: 'correct horse battery staple' };
  const signUp = { setUpToken, organisation: 'Example', ...person };

  const foreign = await pair.other.admin('POST', '/sign-up', '', signUp, { Origin: 'http://evil.example' });
  const signedUp = await pair.other.admin('POST', '/sign-up', '', signUp, page);
  const [cookie = ''] = (signedUp.headers.get('set-cookie') ?? '').split(';');
  const me = await pair.other.admin('GET', '/me', '', undefined, { ...page, Cookie: cookie });
  const wrong = await pair.other.admin('POST', '/sign-in', '', { email: person.email, password: 'not this one, certainly' }, page);

  expect(foreign.status).toBe(403);
  expect(signedUp.status).toBe(200);
  expect(cookie.split('=')[0]).toBe(`causeway-sign-in-${new URL(pair.other.url).port}`);
  expect(me.json).toMatchObject({ person: { email: person.email } });
  expect(wrong.status).toBe(401);
});

test('clients are counted by their own addresses, not by that of the node that carries their calls', async () => {
  const pair = await startPair();
  const attempt = (address: string) =>
    pair.other.admin(
      'POST',
      '/sign-in',
      '',
      { email: `${address}@example.org`, password: 'not this one, certainly' },
      { 'X-Forwarded-For': address },
    );

  const codes = await Promise.all(Array.from({ length: 62 }, async () => (await attempt('198.51.100.7')).status));

  expect(new Set(codes)).toEqual(new Set([401, 429]));
  expect((await attempt('198.51.100.8')).status).toBe(401);
});

test('a reply that is streamed comes whole', async () => {
  const pair = await startPair();
  const { org, key } = await setUp(pair);
  const app = await pair.other.made<{ id: string }>('POST', `/organisations/${org}/apps`, key, { name: 'Demo' });
  const range = 'from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z';

  const { status, headers, text } = await pair.other.admin('GET', `/apps/${app.id}/usage?${range}&format=csv`, key);

  expect(status).toBe(200);
  expect(headers.get('content-type')).toContain('text/csv');
  expect(text).toBe((await pair.keeper.admin('GET', `/apps/${app.id}/usage?${range}&format=csv`, key)).text);
});

describe('without a node that could answer', () => {
  test('a cluster without books says so', async () => {
    const node = await startNode({ hasBooks: false, cluster: member(102).cluster });

    const { status, json } = await node.admin('GET', '/me', 'cwa_x');

    expect(status).toBe(503);
    expect(json).toMatchObject({
      errorCode: 'books_unavailable',
      errorDescription: expect.stringContaining('no live node of this cluster keeps books'),
    });
  });

  test('a node with books that is gone is named, and the next one is asked', async () => {
    const { cluster, know } = member(102);
    know(101, 'http://127.0.0.1:9');
    const node = await startNode({ hasBooks: false, cluster });
    const { status, json } = await node.admin('GET', '/me', 'cwa_x');
    const keeper = await startNode({ cluster: member(103).cluster });
    know(103, keeper.url);

    expect(status).toBe(502);
    expect(json).toMatchObject({
      errorCode: 'node_unreachable',
      errorDescription: 'no node with books has answered (asked: 101); the call was not carried out',
    });
    expect((await node.admin('GET', '/me', 'cwa_x')).status).toBe(401);
  });

  test('credentials do not cross the internet unencrypted', async () => {
    const { cluster, know } = member(102);
    know(101, 'http://203.0.113.5:8080');
    const node = await startNode({ hasBooks: false, cluster });

    const { json } = await node.admin('GET', '/me', 'cwa_x');

    expect(json).toMatchObject({
      errorCode: 'books_unavailable',
      errorDescription: expect.stringContaining('unencrypted HTTP on public addresses'),
    });
  });

  test('a node that has lost its books does not pass a call on, so calls cannot loop', async () => {
    const [first, second] = [member(101), member(102)];
    const nodes = await Promise.all([first, second].map(({ cluster }) => startNode({ hasBooks: false, cluster })));
    first.know(102, nodes[1]?.url ?? '');
    second.know(101, nodes[0]?.url ?? '');

    const reply = await nodes[0]?.admin('GET', '/me', 'cwa_x');

    expect(reply?.json).toMatchObject({
      errorCode: 'books_unavailable',
      errorDescription: expect.stringContaining('this node keeps no books'),
    });
  });
});

describe('a carried call that someone else wrote', () => {
  /** What a node sends to the one with books, as anyone between them would see it. */
  async function intercepted(): Promise<Pick<IncomingMessage, 'headers' | 'url'>> {
    const seen = Promise.withResolvers<IncomingMessage>();
    const trap = createServer((request, response) => {
      seen.resolve(request);
      response.end('{}');
    }).listen(0, '127.0.0.1');
    closing.push(() => trap.close());
    await new Promise((resolve) => trap.once('listening', resolve));
    const { cluster, know } = member(102);
    know(101, `http://127.0.0.1:${(trap.address() as AddressInfo).port}`);
    const node = await startNode({ hasBooks: false, cluster });
    await node.admin('GET', '/me', 'cwa_x');
    return seen.promise;
  }

  test.each([
    ['a signature of no node', { 'causeway-assertion': 'forged' }],
    ['another client address', { 'causeway-client': '{"address":"127.0.0.1","host":"localhost"}' }],
    ['no client', { 'causeway-client': '' }],
  ])('is refused with %s', async (_what, changes) => {
    const { headers } = await intercepted();
    const keeper = await startNode({ cluster: member(101).cluster });
    const own = Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('causeway-')));

    const { status, json } = await keeper.admin('GET', '/me', 'cwa_x', undefined, { ...own, ...changes });

    expect(status).toBe(401);
    expect(json).toMatchObject({ errorDescription: expect.stringContaining('Causeway-Assertion') });
  });

  test('is good for one call alone, for its path alone', async () => {
    const { headers } = await intercepted();
    const keeper = await startNode({ cluster: member(101).cluster });
    const own = Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('causeway-')));
    const refused = { errorDescription: expect.stringContaining('Causeway-Assertion') };

    expect((await keeper.admin('GET', '/nodes', 'cwa_x', undefined, own)).json).toMatchObject(refused);
    expect((await keeper.send('GET', '/api/sfu/admin/api/admin/v1/me', '', undefined, own)).status).toBe(404);
    expect((await keeper.admin('GET', '/me', 'cwa_x', undefined, own)).json).toMatchObject({
      errorDescription: expect.stringContaining('sign in'),
    });
    expect((await keeper.admin('GET', '/me', 'cwa_x', undefined, own)).json).toMatchObject(refused);
  });
});
