/** Three gateways in one process: where new sessions go. */
import { createStaticGeo } from '@causeway/cluster';
import { nodeNoOf, type SessionId, SfuError } from '@causeway/protocol';
import { startFakeNode, startTestCluster, type TestNode } from '../support/test-cluster.ts';
import { OFFER, type Reply } from '../support/test-server.ts';

const FRANKFURT = { latitudeDegrees: 50.11, longitudeDegrees: 8.68 };
const VIRGINIA = { latitudeDegrees: 39.04, longitudeDegrees: -77.49 };
const SINGAPORE = { latitudeDegrees: 1.35, longitudeDegrees: 103.82 };

let eu: TestNode;
let us: TestNode;
let ap: TestNode;

beforeEach(async () => {
  const geo = createStaticGeo([
    { range: '198.51.100.0/24', location: { latitudeDegrees: 52.52, longitudeDegrees: 13.4 } },
    { range: '203.0.113.0/24', location: { latitudeDegrees: 13.75, longitudeDegrees: 100.5 } },
  ]);
  const trustedProxies = ['127.0.0.0/8'];
  [eu, us, ap] = (await startTestCluster(
    [
      { nodeNo: 101, region: 'eu', location: FRANKFURT, trustedProxies },
      { nodeNo: 102, region: 'us', location: VIRGINIA, trustedProxies },
      { nodeNo: 103, region: 'ap', location: SINGAPORE },
    ],
    { geo },
  )) as [TestNode, TestNode, TestNode];
});
afterEach(async () => {
  await Promise.all([eu, us, ap].map((node) => node.close()));
});

interface CreateOptions {
  readonly from?: string;
  readonly region?: unknown;
  readonly key?: string;
  readonly query?: string;
}

function create(node: TestNode, { from, region, key, query = '' }: CreateOptions = {}): Promise<Reply> {
  return node.call('POST', `/session/new${query}`, {
    headers: { ...(from && { 'X-Forwarded-For': from }), ...(key && { 'Idempotency-Key': key }) },
    body: { sessionDescription: OFFER, ...(region === undefined ? {} : { region }) },
  });
}

function nodeOf({ json }: Reply): number {
  return nodeNoOf((json as { sessionId: SessionId }).sessionId);
}

const BERLINER = '198.51.100.7';
const THAI = '203.0.113.7';

test('a client whose address says nothing stays where it entered', async () => {
  const reply = await create(us);

  expect(nodeOf(reply)).toBe(102);
  expect(reply.json).toMatchObject({ region: 'us' });
  expect(reply.headers.get('X-SFU-Region')).toBe('us');
});

test('a client gets its session in the nearest region, and the reply says which', async () => {
  const [berliner, thai] = [await create(us, { from: BERLINER }), await create(us, { from: THAI })];

  expect([nodeOf(berliner), nodeOf(thai)]).toEqual([101, 103]);
  expect(berliner.json).toMatchObject({ region: 'eu' });
  expect(thai.headers.get('X-SFU-Region')).toBe('ap');
});

test('X-Forwarded-For of a stranger chooses no region', async () => {
  // This node trusts no proxy.
  expect(nodeOf(await create(ap, { from: BERLINER }))).toBe(103);
});

test.each<[where: string, options: CreateOptions]>([
  ['the body', { region: 'ap' }],
  ['the query', { query: '?region=ap' }],
  ['both, where the body counts', { region: 'ap', query: '?region=us' }],
])('a region named in %s is taken, wherever the client is', async (_where, options) => {
  expect(nodeOf(await create(us, { from: BERLINER, ...options }))).toBe(103);
});

test('a region without nodes is refused with a list of existing ones', async () => {
  const { status, json } = await create(us, { region: 'mars' });

  expect(status).toBe(400);
  expect(json).toMatchObject({
    errorCode: 'invalid_params',
    errorDescription: 'region "mars" is not one of ap, eu, us',
    details: { path: 'region', regions: ['ap', 'eu', 'us'] },
  });
});

test('a region that accepts no sessions is not replaced by another', async () => {
  ap.announce({ state: 'draining' });

  const { status, json } = await create(us, { region: 'ap' });

  expect(status).toBe(503);
  expect(json).toMatchObject({ errorCode: 'no_capacity', errorDescription: 'no node of region ap accepts new sessions at present' });
});

test('a region whose nodes are all gone is known still, for one may come back', async () => {
  us.directory.remove(103, 'lease-ended');

  const { status, json } = await create(us, { region: 'ap' });

  expect(status).toBe(503);
  expect(json).toMatchObject({ errorCode: 'no_capacity', retryable: true });
});

test('draining and loaded nodes are passed over', async () => {
  eu.announce({ state: 'draining' });
  expect(nodeOf(await create(us, { from: BERLINER }))).toBe(102);

  eu.announce({ state: 'serving', load: 0.9 });
  expect(nodeOf(await create(us, { from: BERLINER }))).toBe(102);
});

test('a draining node hands new sessions to others, and refuses them when it is alone', async () => {
  us.announce({ state: 'draining' });
  expect(nodeOf(await create(us))).toBe(101);

  us.directory.remove(101, 'left');
  us.directory.remove(103, 'left');
  const { status, json } = await create(us);

  expect(status).toBe(503);
  expect(json).toMatchObject({ errorCode: 'draining', retryable: true });
});

test.each(['no_capacity', 'draining'] as const)('a node that refuses with %s is followed by the next', async (code) => {
  eu.sfu.failure = new SfuError(code, 'not now', { retryAfterMs: 2_000 });

  expect(nodeOf(await create(us, { from: BERLINER }))).toBe(102);
});

test('when all refuse, the last one says when to come back', async () => {
  for (const { sfu } of [eu, us, ap]) sfu.failure = new SfuError('no_capacity', 'not now', { retryAfterMs: 2_000 });

  const { status, json, headers } = await create(us, { from: BERLINER });

  expect(status).toBe(503);
  expect(json).toMatchObject({ errorCode: 'no_capacity', retryAfterMs: 2_000 });
  expect(headers.get('Retry-After')).toBe('2');
});

test('a node that cannot be reached is followed by the next', async () => {
  us.directory.put({ ...eu.directory.self, apiUrl: 'http://127.0.0.1:1' });

  expect(nodeOf(await create(us, { from: BERLINER }))).toBe(102);
});

test('a node that may have created the session is not followed by another', async () => {
  const broken = await startFakeNode((request) => request.socket.destroy());
  us.directory.put({ ...eu.directory.self, apiUrl: broken.url });

  const { status, json } = await create(us, { from: BERLINER });
  await broken.close();

  expect(status).toBe(502);
  expect(json).toMatchObject({ errorCode: 'node_unreachable' });
  expect([us.sfu.changes, ap.sfu.changes]).toEqual([0, 0]);
});

test('other errors of the chosen node are the reply', async () => {
  eu.sfu.failure = new SfuError('invalid_session_description', 'no media line');

  expect((await create(us, { from: BERLINER })).json).toMatchObject({ errorCode: 'invalid_session_description' });
});

test('an invalid request is refused where it comes in', async () => {
  const reply = await us.call('POST', '/session/new', { headers: { 'X-Forwarded-For': BERLINER }, body: { sessionDescription: 'v=0' } });

  expect(reply.status).toBe(400);
  expect(eu.arrived).toHaveLength(0);
});

describe('with an Idempotency-Key', () => {
  test('a call that is repeated anywhere creates one session', async () => {
    const first = await create(us, { from: BERLINER, key: 'key-1' });
    const again = await Promise.all([create(us, { key: 'key-1' }), create(ap, { key: 'key-1' }), create(eu, { key: 'key-1' })]);

    expect(again.map(({ text }) => text)).toEqual([first.text, first.text, first.text]);
    expect(again.every(({ headers }) => headers.get('Idempotency-Replayed') === 'true')).toBe(true);
    expect(eu.sfu.changes + us.sfu.changes + ap.sfu.changes).toBe(1);
  });

  test('two calls at once at two nodes create one session', async () => {
    const replies = await Promise.all([us, ap, eu].map((node) => create(node, { key: 'key-1' })));

    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    expect(eu.sfu.changes + us.sfu.changes + ap.sfu.changes).toBe(1);
  });

  test('another body with the same key is refused, wherever it comes in', async () => {
    await create(us, { key: 'key-1' });

    const { status, json } = await create(ap, { key: 'key-1', region: 'us' });

    expect(status).toBe(422);
    expect(json).toMatchObject({ errorCode: 'idempotency_key_reused' });
  });

  test('a key whose node is dead is taken over', async () => {
    await create(eu, { key: 'key-1' });
    for (const node of [us, ap]) node.directory.remove(101, 'lease-ended');

    const replies = [await create(us, { key: 'key-1' }), await create(ap, { key: 'key-1' })];

    expect(replies.map(nodeOf)).toEqual([102, 102]);
  });

  test('a key whose node has begun a new life is taken over', async () => {
    await create(eu, { key: 'key-1' });
    us.directory.put({ ...eu.directory.self, epoch: eu.directory.self.epoch + 1 });

    expect(nodeOf(await create(us, { key: 'key-1' }))).toBe(102);
  });

  test('a key whose node refuses is taken over', async () => {
    eu.sfu.failure = new SfuError('no_capacity', 'not now');
    await create(us, { from: BERLINER, key: 'key-1' });

    const replies = [await create(ap, { key: 'key-1' }), await create(eu, { key: 'key-1' })];

    expect(replies.map(nodeOf)).toEqual([102, 102]);
    expect(us.sfu.changes).toBe(1);
  });
});
