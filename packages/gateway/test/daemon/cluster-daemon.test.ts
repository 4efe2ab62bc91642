/** Real daemons and a real Redis: what a client notices of a cluster. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RedisServer } from '@causeway/lab';
import { APP, CLUSTER_KEY, type ClusterDaemon, joinCluster, OFFER, SECRET, startClusterDaemon } from '../support/cluster-daemons.ts';
import { OtlpCollector } from '../support/otlp-collector.ts';
import { killDaemons, type RunningDaemon, startDaemon } from '../support/running-daemon.ts';

jest.setTimeout(120_000);

/** The kind of a span of a call that a node makes, in OTLP. */
const CLIENT_SPAN = 3;

let redis: RedisServer;

beforeAll(async () => {
  redis = await RedisServer.start();
});
afterEach(async () => {
  await killDaemons();
  // Nodes of the test before are dead, but not forgotten yet.
  await redis.command('FLUSHALL');
});
afterAll(() => redis.stop());

const start = (nodeNo: number, region: string, environment?: Record<string, string>): RunningDaemon =>
  startClusterDaemon(redis.url, nodeNo, region, environment);
const join = (nodeNo: number, region: string, environment?: Record<string, string>): Promise<ClusterDaemon> =>
  joinCluster(redis.url, nodeNo, region, environment);

/** Two nodes that know each other; the app is configured on the first alone. */
async function joinTwo(nodeNo: number, environment?: Record<string, string>): Promise<[ClusterDaemon, ClusterDaemon]> {
  const nodes = await Promise.all([join(nodeNo, 'eu', { ...APP, ...environment }), join(nodeNo + 1, 'us', environment)]);
  await Promise.all(nodes.map(({ daemon }) => daemon.waitFor('"message":"linked to a node"')));
  return nodes;
}

const PATIENT_ATTEMPTS = 20;

/**
 * Creates a session on a node, which may reply 503 if a busy machine keeps Redis from answering it in time.
 *
 * @throws Error – the reply, if it is another than a session
 */
async function createSession(node: ClusterDaemon, query = ''): Promise<{ readonly sessionId: string; readonly region: string }> {
  let reply = await node.call('POST', `/session/new${query}`, OFFER);
  for (let attempt = 1; reply.status === 503 && attempt < PATIENT_ATTEMPTS; attempt++)
    reply = await node.call('POST', `/session/new${query}`, OFFER);
  if (!reply.ok) throw new Error(`${reply.status}: ${await reply.text()}`);
  return (await reply.json()) as { readonly sessionId: string; readonly region: string };
}

test('any node answers calls about the apps and sessions of any other, and exports each call as one trace', async () => {
  const collector = await OtlpCollector.start();
  const [eu, us] = await joinTwo(201, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_RESOURCE_ATTRIBUTES: 'deployment=test' });

  const there = await createSession(us, '?region=eu');
  const here = await createSession(us);
  const described = await us.call('GET', `/session/${there.sessionId}`);
  const listed = (await (await eu.call('GET', '/sessions')).json()) as { readonly sessionId: string }[];
  const closed = await us.call('DELETE', `/session/${there.sessionId}`);

  expect([there.region, here.region]).toEqual(['eu', 'us']);
  expect([there.sessionId, here.sessionId]).toEqual([expect.stringMatching(/^session-201-/), expect.stringMatching(/^session-202-/)]);
  expect(described.headers.get('X-SFU-Region')).toBe('eu');
  expect(await described.json()).toMatchObject({ sessionId: there.sessionId, tracks: [{ status: 'pending' }] });
  expect(new Set(listed.map(({ sessionId }) => sessionId))).toEqual(new Set([there.sessionId, here.sessionId]));
  expect(closed.status).toBe(200);

  for (const { daemon } of [eu, us]) daemon.child.kill('SIGINT');
  await Promise.all([eu.daemon.exit, us.daemon.exit]);
  collector.close();
  const { spans, metrics, resource } = collector;
  const [asked] = spans.filter(({ name }) => name.startsWith('DELETE /'));
  const trace = spans.filter(({ traceId }) => traceId === asked?.traceId);
  const [received, call] = [trace.find(({ parentSpanId }) => parentSpanId === undefined), trace.find(({ kind }) => kind === CLIENT_SPAN)];
  const carriedOut = trace.find(({ parentSpanId }) => parentSpanId === call?.spanId);
  expect(trace).toHaveLength(3);
  expect(call?.parentSpanId).toBe(received?.spanId);
  expect([received?.name, carriedOut?.name]).toEqual(Array(2).fill('DELETE /:sfu_app_id/session/:session_id'));
  expect(resource).toMatchObject({ 'service.name': 'causeway', deployment: 'test' });
  expect(metrics.get('causeway_sessions_created_total')?.sum?.isMonotonic).toBe(true);
  expect(metrics.get('causeway_event_loop_lateness_seconds')?.histogram?.dataPoints[0]?.explicitBounds[0]).toBe(0.001);
  // Neither ids nor credentials are in a trace.
  const exported = collector.requests.map(({ text }) => text).join('');
  for (const secret of [SECRET, CLUSTER_KEY, there.sessionId, here.sessionId]) expect(exported).not.toContain(secret);
});

test('other nodes soon know that a node is draining, and its sessions continue', async () => {
  const [eu, us] = await joinTwo(211);
  const { sessionId } = await createSession(eu);

  eu.daemon.child.kill('SIGTERM');
  await eu.daemon.waitFor('"message":"draining"');
  let refusal = await us.call('POST', '/session/new?region=eu', OFFER);
  while (refusal.status === 200) refusal = await us.call('POST', '/session/new?region=eu', OFFER);
  const elsewhere = await createSession(eu);
  const described = await us.call('GET', `/session/${sessionId}`);
  await us.call('DELETE', `/session/${sessionId}`);
  const { code } = await eu.daemon.exit;

  expect(refusal.status).toBe(503);
  expect(elsewhere.region).toBe('us');
  expect(described.status).toBe(200);
  expect(code).toBe(0);
});

test('with Redis frozen, calls between nodes continue, listings say what is missing, and all nodes stay ready', async () => {
  const [eu, us] = await joinTwo(221);
  const { sessionId } = await createSession(eu);
  await us.call('GET', `/session/${sessionId}`);

  redis.pause();
  const patched = await us.call('PATCH', `/session/${sessionId}`, { metadata: 'still here' });
  const another = await us.call('POST', '/session/new?region=eu', OFFER);
  const listed = await us.call('GET', '/sessions');
  const ready = await fetch(`${us.base}/readyz`);
  redis.resume();

  expect([patched.status, another.status, listed.status, ready.status]).toEqual([200, 200, 200, 200]);
  expect(await patched.json()).toMatchObject({ metadata: 'still here' });
  expect(listed.headers.get('X-Partial')).toBe('true');
  expect(await listed.json()).toEqual([]);
});

test('a node whose number a newer process takes closes its sessions and ends with 3, and the newer one serves', async () => {
  const INTERNAL = { CAUSEWAY_INTERNAL_URL: 'http://127.0.0.1:9' };
  const former = await join(261, 'eu', { ...APP, ...INTERNAL });
  const { sessionId } = await createSession(former);
  const events = await former.call('GET', `/session/${sessionId}/events`);

  const newer = await join(261, 'eu', { ...APP, ...INTERNAL });
  const { code, stdout, stderr } = await former.daemon.exit;
  const told = await events.text();
  const [reply, gone] = [await newer.call('POST', '/session/new', OFFER), await newer.call('GET', `/session/${sessionId}`)];
  const ready = await fetch(`${newer.base}/readyz`);

  expect(code).toBe(3);
  expect(`${stdout}${stderr}`).toContain('"message":"another process has taken the number of this node"');
  expect(told).toContain('"type":"session.closed"');
  expect([reply.status, gone.status, ready.status]).toEqual([200, 404, 200]);
});

test('a node with another key does not count, and cannot have calls carried out', async () => {
  const us = await join(232, 'us', APP);
  const stranger = await join(231, 'eu', { ...APP, CAUSEWAY_CLUSTER_KEY: 'another-key-of-somebody-else-012345' });
  const { sessionId } = await createSession(us);

  const [foreign, unknownRegion] = [
    await stranger.call('GET', `/session/${sessionId}`),
    await us.call('POST', '/session/new?region=eu', OFFER),
  ];

  expect(foreign.status).toBe(404);
  expect(unknownRegion.status).toBe(400);
});

test('neither the secret nor the cluster key is ever said', async () => {
  const us = await join(242, 'us', { ...APP, CAUSEWAY_LOG_LEVEL: 'debug' });
  await us.call('POST', '/session/new', OFFER);

  us.daemon.child.kill('SIGINT');
  const { stdout, stderr } = await us.daemon.exit;

  expect(`${stdout}${stderr}`).not.toMatch(/secret-canary|cluster-key-canary/);
});

describe('the journal of usage', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'causeway-usage-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('what a former life could not tell is counted by the next, and the debug port shows it', async () => {
    const bytes = { down: 1_000, up: 2, relay: 3, retransmitted: 4, data: 5 };
    const batch = { appId: 'demo', nodeNo: 251, epoch: 7, seq: 1, follows: 0, closedAtMs: Date.UTC(2026, 10, 24), bytes };
    await writeFile(path.join(folder, 'usage-251-7.ndjson'), `${JSON.stringify({ batch })}\n`);
    const first = await join(251, 'eu', { ...APP, CAUSEWAY_USAGE_FOLDER: folder });
    first.daemon.child.kill('SIGTERM');
    await first.daemon.exit;

    const next = await join(251, 'eu', { ...APP, CAUSEWAY_USAGE_FOLDER: folder, CAUSEWAY_DEBUG_PORT: '0' });
    const [, debugPort] = /"debugPort":(\d+)/.exec(await next.daemon.waitFor('"debugPort"')) ?? [];
    const shown = await fetch(`http://127.0.0.1:${debugPort}/debug/usage?app=demo&day=2026-11-24`);

    expect(await shown.json()).toEqual({ app: 'demo', day: '2026-11-24', bytes });
  });

  test('a folder that cannot be used stops the start with one line', async () => {
    const file = path.join(folder, 'no-folder');
    await writeFile(file, '');

    const { code, stderr } = await start(252, 'eu', { ...APP, CAUSEWAY_USAGE_FOLDER: file }).exit;

    expect(stderr).toContain(`CAUSEWAY_USAGE_FOLDER: ${file} cannot be used: EEXIST`);
    expect(code).toBe(2);
  });
});

test('a Redis URL that is none stops the start with one line that does not repeat it', async () => {
  const { code, stderr } = await startDaemon({
    CAUSEWAY_REDIS_URL: 'redis+sentinel://user:password-canary@127.0.0.1',
    CAUSEWAY_CLUSTER_KEY: CLUSTER_KEY,
    CAUSEWAY_NODE: '1',
    CAUSEWAY_GEOIP: 'off',
  }).exit;

  expect(code).toBe(2);
  expect(stderr).toMatch(/^causeway: CAUSEWAY_REDIS_URL: the URL of Redis must have the name of the master, as in [^\n]+\n$/);
});
