/** Real daemons, and a real Redis to which an attacker without the cluster key writes. */

import { createHash, createHmac } from 'node:crypto';
import { RedisServer } from '@causeway/lab';
import { APP, type ClusterDaemon, joinCluster, OFFER } from '../support/cluster-daemons.ts';
import { killDaemons } from '../support/running-daemon.ts';
import { serve, type TestServer } from '../support/test-server.ts';

const FORGERS_SECRET = 'what-the-forger-would-get-in-with';
const FORGERS_APP = {
  secretDigests: [createHash('sha256').update(FORGERS_SECRET).digest('hex')],
  settings: { autoPublish: true, maxCallsPerSecondPerSession: 1_000_000, maxCallsPerSecondPerApp: 1_000_000 },
};

jest.setTimeout(120_000);

let redis: RedisServer;
/** The app is configured on the first alone. */
let nodes: readonly [ClusterDaemon, ClusterDaemon];

beforeAll(async () => {
  redis = await RedisServer.start();
});
beforeEach(async () => {
  nodes = await Promise.all([joinCluster(redis.url, 301, 'eu', { ...APP, ...DEBUG }), joinCluster(redis.url, 302, 'us', DEBUG)]);
  await Promise.all(nodes.map(({ daemon }) => daemon.waitFor('"message":"linked to a node"')));
});
afterEach(async () => {
  await killDaemons();
  await redis.command('FLUSHALL');
});
afterAll(() => redis.stop());

const DEBUG = { CAUSEWAY_DEBUG_PORT: '0' };

/** Signed as nodes do it, with a key that the forger has made up. */
function signed(content: unknown): string {
  const payload = Buffer.from(JSON.stringify(content)).toString('base64url');
  return `${payload}.${createHmac('sha256', 'a key of the forger').update(payload).digest('base64url')}`;
}

function recordOf(id: string): unknown {
  return { issuedAtMs: Date.now(), revision: 2 ** 50, app: { ...FORGERS_APP, id } };
}

/** What a forger can put in the place of the record of an app. */
const FORGERIES: readonly [name: string, text: (id: string, genuine: string) => string][] = [
  ['an app in the clear', (id) => JSON.stringify({ ...FORGERS_APP, id })],
  ['a record in the clear', (id) => JSON.stringify(recordOf(id))],
  ['a record signed with another key', (id) => signed(recordOf(id))],
  ['the record of another app', (_id, genuine) => genuine],
  [
    'a record under the signature of another',
    (id, genuine) => `${Buffer.from(JSON.stringify(recordOf(id))).toString('base64url')}.${genuine.split('.')[1]}`,
  ],
];

async function metricsOf({ daemon }: ClusterDaemon): Promise<string> {
  const [, port] = /"debugPort":(\d+)/.exec(await daemon.waitFor('"debugPort"')) ?? [];
  return (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
}

function sampleOf(metrics: string, name: string): number {
  const line = metrics.split('\n').find((text) => text.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}

/** Statuses of everything that a caller with an app's secret may try. */
async function tryEverything(node: ClusterDaemon, appId: string, sessionId: string): Promise<readonly number[]> {
  const calls: readonly [method: string, path: string, body?: unknown][] = [
    ['GET', '/sessions'],
    ['POST', '/session/new', OFFER],
    ['POST', '/session/new?region=eu', OFFER],
    ['POST', '/session/new?region=us', OFFER],
    ['GET', `/session/${sessionId}`],
    ['GET', `/session/${sessionId}/events`],
    ['GET', '/events'],
    ['PATCH', `/session/${sessionId}`, { metadata: 'forged' }],
    ['DELETE', `/session/${sessionId}`],
  ];
  const replies = await Promise.all(calls.map(([method, path, body]) => node.callAs(appId, FORGERS_SECRET, method, path, body)));
  await Promise.all(replies.map((reply) => reply.body?.cancel()));
  return replies.map(({ status }) => status);
}

test('no call for any app succeeds because of what was written to Redis, at any node', async () => {
  const [configured, other] = nodes;
  const { sessionId } = (await (await configured.call('POST', '/session/new', OFFER)).json()) as { readonly sessionId: string };
  const genuine = await redis.command('GET', 'sfu:{demo}:app');
  expect(genuine).toMatch(/^[\w-]+\.[\w-]{43}$/);
  for (const [index, [, forge]] of FORGERIES.entries()) {
    await redis.command('SET', `sfu:{forged-${index}}:app`, forge(`forged-${index}`, genuine));
  }
  // Where builds before this one kept apps, in the clear.
  await redis.command('SET', 'sfu:{forged-cfg}:cfg', JSON.stringify({ ...FORGERS_APP, id: 'forged-cfg' }));
  await redis.command('SET', 'sfu:{demo}:cfg', JSON.stringify({ ...FORGERS_APP, id: 'demo' }));
  await redis.command('SET', 'sfu:{demo}:app', signed(recordOf('demo')));

  for (const node of nodes) {
    for (const appId of ['demo', 'forged-cfg', ...FORGERIES.map((_forgery, index) => `forged-${index}`)]) {
      const statuses = await tryEverything(node, appId, sessionId);
      expect({ appId, statuses }).toEqual({ appId, statuses: statuses.map(() => 401) });
    }
  }

  const described = await configured.call('GET', `/session/${sessionId}`);
  expect(await described.json()).toMatchObject({ sessionId, metadata: '' });
  // They were all read: that of `demo` by the node that is not configured with it. A slow node reads some of them again.
  const metrics = await metricsOf(other);
  expect(sampleOf(metrics, 'causeway_app_records_refused_total{reason="signature"}')).toBeGreaterThanOrEqual(5);
  expect(sampleOf(metrics, 'causeway_app_records_refused_total{reason="content"}')).toBeGreaterThanOrEqual(1);
  expect(sampleOf(metrics, 'causeway_app_lookups_total{outcome="absent"}')).toBeGreaterThanOrEqual(1);
  expect(sampleOf(metrics, 'causeway_app_lookups_total{outcome="found"}')).toBe(0);
});

test('a forged record is written again when a node that is configured with the app starts, and the app is as before', async () => {
  await redis.command('SET', 'sfu:{demo}:app', signed(recordOf('demo')));

  const restarted = await joinCluster(redis.url, 303, 'eu', APP);
  await restarted.daemon.waitFor('"message":"the record of an app in Redis');
  const newcomer = await joinCluster(redis.url, 304, 'us');

  expect((await newcomer.call('GET', '/sessions')).status).toBe(200);
  expect((await newcomer.callAs('demo', FORGERS_SECRET, 'GET', '/sessions')).status).toBe(401);
});

describe('with a node that was never started', () => {
  let forger: Omit<TestServer, 'sfu'>;
  const asked: string[] = [];

  beforeEach(async () => {
    asked.length = 0;
    forger = await serve((request, response) => {
      asked.push(`${request.url} ${JSON.stringify(request.headers)}`);
      response.end('[]');
    });
  });
  afterEach(() => forger.close());

  test('no call is passed on to it', async () => {
    const [node] = nodes;
    const record = {
      nodeNo: 399,
      epoch: 7,
      region: 'forged',
      apiUrl: forger.url,
      linkAddresses: [],
      fingerprint: { algorithm: 'sha-256', value: '00' },
      linkVersions: { min: 1, max: 1 },
      softwareVersion: 'forged',
      state: 'serving',
      load: 0,
    };
    await redis.command('HSET', 'sfu:{:nodes}:records', '399', signed({ issuedAtMs: Date.now(), record }));
    await redis.command('ZADD', 'sfu:{:nodes}:leases', String(Date.now() + 3_600_000), '399');
    await redis.command('ZADD', 'sfu:{:nodes}:changes', String(Date.now() + 3_600_000), '399');
    await redis.command('PUBLISH', 'sfu:{:nodes}:hints', '399');
    while (!/causeway_node_records_refused_total [1-9]/.test(await metricsOf(node)));

    const described = await node.call('GET', '/session/session-399-00000000-0000-4000-8000-000000000001');
    const placed = await node.call('POST', '/session/new?region=forged', OFFER);

    expect([described.status, placed.status]).toEqual([404, 400]);
    expect(asked).toEqual([]);
  });
});
