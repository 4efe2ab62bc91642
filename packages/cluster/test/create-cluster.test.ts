import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ALL_GRANTS, AppMirror, createApp, createOwnApps } from '@causeway/accounts';
import { RedisServer } from '@causeway/lab';
import { AppId } from '@causeway/protocol';
import { type Clock, createNodeClock, MAX_NODES } from '@causeway/sfu';
import type { Cluster, ClusterOptions } from '../src/cluster.ts';
import { createCluster } from '../src/create-cluster.ts';
import { NODE_KEYS } from '../src/redis/keys.ts';
import { nodeRecord } from './doubles/node-records.ts';
import { session, sessionIdOf, track } from './doubles/records.ts';
import { until } from './doubles/until.ts';

const CLUSTER_KEY = 'a key that the whole cluster knows';
const DEMO = createApp({ id: 'demo', secrets: ['the-secret-of-this-test-alone'] });
const FIRST_PAGE = { limit: undefined, cursor: undefined };

describe('a cluster over one Redis', () => {
  let server: RedisServer;
  let clock: Clock;
  const clusters: Cluster[] = [];
  const told: string[] = [];

  beforeAll(async () => {
    server = await RedisServer.start();
    clock = createNodeClock();
  });

  afterEach(async () => {
    await Promise.all(clusters.splice(0).map((cluster) => cluster.close()));
    told.length = 0;
  });

  afterAll(() => server.stop());

  async function join(nodeNo: number, changes: Partial<ClusterOptions> = {}): Promise<Cluster> {
    const { epoch: _, state: __, load: ___, ...self } = nodeRecord(nodeNo);
    const cluster = await createCluster({
      redisUrl: server.url,
      clusterKey: CLUSTER_KEY,
      self,
      isMediaAlive: () => true,
      apps: createOwnApps([]),
      clock,
      onSuperseded: () => told.push(`${nodeNo} superseded`),
      onEvent: ({ type }) => told.push(`${nodeNo} ${type}`),
      ...changes,
    });
    clusters.push(cluster);
    return cluster;
  }

  test('the rights that docs/operate/redis.md names are enough', async () => {
    const page = readFileSync(path.join(__dirname, '../../../docs/operate/redis.md'), 'utf8');
    const rights = [...(/\* \*\*Rights\*\*.*?`\+info[^`]*`/s.exec(page)?.[0] ?? '').matchAll(/\+@?\w+/g)].map(([right]) => right);
    await server.command('ACL', 'SETUSER', 'node', 'on', '>password', '~sfu:*', '&sfu:*', ...rights);
    const redisUrl = server.url.replace('redis://', 'redis://node:password@');
    const one = await join(101, { redisUrl, apps: createOwnApps([DEMO]) });
    const other = await join(102, { redisUrl });
    const id = sessionIdOf(101, 1);
    await one.revocations.revoke({ appId: DEMO.id, revoked: { by: 'jti', jti: 'token' }, closesSessions: false });
    await until('the other node knows the revocation', async () => other.revocations.size === 1);
    expect(one.tokenSecret.equals(other.tokenSecret)).toBe(true);

    await one.registry.putSession(session(id));
    await one.registry.putTrack(track(id, 'mic'));
    await one.registry.removeSession('demo', id);

    expect(rights).toContain('+@write');
    await until('the first sees the second', async () => one.directory.find(102) !== undefined);
    expect((await other.registry.listSessions('demo', FIRST_PAGE)).sessions).toEqual([]);
    expect(await other.appStore.findApp(AppId.parse('demo'))).toBeDefined();
  });

  test('nodes see each other, their sessions and their apps, and trust each other', async () => {
    const one = await join(101, { apps: createOwnApps([DEMO]) });
    const other = await join(102);
    const id = sessionIdOf(101, 1);
    await one.registry.putSession(session(id));
    await one.registry.putTrack(track(id, 'mic'));

    expect(other.directory.others).toEqual([one.directory.self]);
    await until('the first sees the second', async () => one.directory.find(102) !== undefined);
    expect(await other.registry.locateTrack('demo', { by: 'id', sessionId: id, trackId: 'mic' })).toEqual(track(id, 'mic'));
    expect((await other.registry.listSessions('demo', FIRST_PAGE)).sessions).toEqual([session(id)]);
    expect(await other.appStore.findApp(DEMO.id)).toEqual(DEMO);
    const [from, to] = [one.directory.self, other.directory.self];
    expect(one.linkTrust.credentials(from, to)).toEqual(other.linkTrust.credentials(from, to));
    expect(await other.callClaims.claim(DEMO.id, 'key', to, undefined)).toEqual({ nodeNo: 102, epoch: to.epoch });
    expect(await one.callClaims.claim(DEMO.id, 'key', from, undefined)).toEqual({ nodeNo: 102, epoch: to.epoch });
    expect(await one.callClaims.claim(DEMO.id, 'key', from, to)).toEqual({ nodeNo: 101, epoch: from.epoch });
    expect(other.statistics).toEqual({
      nodeRecordsRefused: 0,
      revocationsRefused: 0,
      appRecordsRefused: { signature: 0, content: 0, date: 0, rollback: 0 },
      appLookUps: { found: 1, absent: 0, refused: 0, limited: 0 },
      redisFailures: expect.any(Number),
      isRedisGivenUp: false,
      sessionsToRestore: 0,
    });
  });

  test('nodes with another key do not count, and neither do their signatures', async () => {
    const stranger = await join(103, { clusterKey: 'a key that only somebody else knows' });

    const node = await join(101);

    expect(node.directory.others).toEqual([]);
    expect(node.statistics.nodeRecordsRefused).toBe(1);
    const life = { nodeNo: 103, epoch: stranger.directory.self.epoch };
    const call = { appId: DEMO.id, method: 'GET', path: '/', bodyDigest: '', grants: ALL_GRANTS };
    const assertion = { assertionId: 'x', issuedAtMs: 0, from: life, to: life, ...call };
    expect(node.assertionTrust.verify(stranger.assertionTrust.sign(assertion))).toBeUndefined();
  });

  test('an app that could not be written at once is written later, without a new connection', async () => {
    const app = createApp({ id: 'late', secrets: ['the-secret-of-this-test-alone'] });
    await server.command('ACL', 'SETUSER', 'late', 'on', '>password', '~sfu:{:nodes}*', '&sfu:*', '+@all');
    await join(101, { redisUrl: server.url.replace('redis://', 'redis://late:password@'), apps: createOwnApps([app]) });
    await until('it was refused', async () => (await server.command('ACL', 'LOG')).includes('sfu:{late}:app'));

    await server.command('ACL', 'SETUSER', 'late', '~sfu:*');

    await until('it is written', async () => (await server.command('EXISTS', 'sfu:{late}:app')) === '1', 4_000);
  });

  test('a second process with the same number replaces the first, which is told', async () => {
    const former = await join(101);
    const newer = await join(101);

    await until('the former knows', async () => told.includes('101 superseded'));

    expect(newer.directory.self.epoch).toBeGreaterThan(former.directory.self.epoch);
    expect(told.filter((news) => news === '101 superseded')).toHaveLength(1);
    expect(told).toContain('101 node.superseded');
  });

  test('a number that belongs to a living node at another URL is not taken from it', async () => {
    const { epoch: _, state: __, load: ___, ...self } = nodeRecord(101, { apiUrl: 'http://127.0.0.1:9999' });
    await join(101);

    await expect(join(101, { self, startTimeoutMs: 300 })).rejects.toThrow(
      'gave up after 0.3 s: node number 101 is that of the node at http://127.0.0.1:8101: every node needs its own',
    );
    expect(told).not.toContain('101 superseded');
  });

  test('a number is not taken from a live node with another key either, though its record cannot be read', async () => {
    await join(101);

    await expect(join(101, { clusterKey: 'a key that only somebody else knows', startTimeoutMs: 300 })).rejects.toThrow(
      'gave up after 0.3 s: node number 101 is that of a living node whose record cannot be read: do they share key and version?',
    );
    expect(told).not.toContain('101 superseded');
  });

  test('a node that is one too many for the links of a cluster does not start, and says so', async () => {
    await join(101);
    const inAMinuteMs = Date.now() + 60_000;
    const leases = Array.from({ length: MAX_NODES - 1 }, (_, place) => [String(inAMinuteMs), String(1000 + place)]);
    await server.command('ZADD', NODE_KEYS.leases, ...leases.flat());

    const outcome = await join(102, { startTimeoutMs: 3_000 }).catch(String);
    await server.command('ZREM', NODE_KEYS.leases, ...leases.map(([, nodeNo = '']) => nodeNo));

    expect(outcome).toContain('gave up after 3 s: the cluster has 501 live nodes, and the maximum is 501');
  });

  test('a number is free again when its node has left', async () => {
    const { epoch: _, state: __, load: ___, ...self } = nodeRecord(101, { apiUrl: 'http://127.0.0.1:9999' });
    const former = await join(101);
    const joining = join(101, { self });
    await former.close();

    expect((await joining).directory.self.epoch).toBeGreaterThan(former.directory.self.epoch);
  });

  test('Redis emptied and started again: the nodes stay, and their sessions, apps and records are there again', async () => {
    const one = await join(101, { apps: createOwnApps([DEMO]) });
    const other = await join(102);
    const id = sessionIdOf(101, 1);
    await one.registry.putSession(session(id));
    await until('the first sees the second', async () => one.directory.find(102) !== undefined);
    await server.kill();
    const listedMeanwhile = await one.registry.listSessions('demo', FIRST_PAGE);
    await server.restart();

    const backAtMs = performance.now();
    await until('the session is listed again', async () => (await other.registry.listSessions('demo', FIRST_PAGE)).sessions.length === 1);
    await until('the app is there again', async () => (await server.command('EXISTS', 'sfu:{demo}:app')) === '1');
    await until('both leases are there again', async () => (await server.command('ZCARD', 'sfu:{:nodes}:leases')) === '2');

    expect(performance.now() - backAtMs).toBeLessThan(10_000);
    expect(listedMeanwhile).toEqual({ sessions: [session(id)], nextCursor: undefined, isPartial: true });
    expect(one.directory.find(102)).toBeDefined();
    expect(other.directory.find(101)).toBeDefined();
    await until('it is told', async () => told.includes('101 registry.restored'));
  });

  test('a node that leaves is gone for the others at once, with its sessions', async () => {
    const one = await join(101);
    const other = await join(102);
    await one.registry.putSession(session(sessionIdOf(101, 1)));
    const gone: string[] = [];
    other.directory.watch({ onNodePut: () => {}, onNodeGone: ({ nodeNo }, why) => gone.push(`${nodeNo} ${why}`) });

    await one.close();
    await until('the other has heard', async () => gone.length > 0);

    expect(gone).toEqual(['101 left']);
    expect(await other.registry.listSessions('demo', FIRST_PAGE)).toEqual({ sessions: [], nextCursor: undefined });
  });

  test('without Redis a node gets no epoch and does not start, and the reason omits the password', async () => {
    const starting = join(101, { redisUrl: 'redis://:hush@127.0.0.1:1', startTimeoutMs: 300 });

    await expect(starting).rejects.toThrow(/^gave up after 0\.3 s: Redis does not answer: (?!.*hush).*ECONNREFUSED/);
  });

  test('a key that could be guessed is refused', async () => {
    await expect(join(101, { clusterKey: 'secret' })).rejects.toThrow('at least 32 characters');
  });

  test('days are billed by the clock of Redis, however wrong that of the machine is', async () => {
    const wrong: Clock = { ...clock, nowMs: () => clock.nowMs() + 3_600_000, wallClockMs: () => clock.wallClockMs() + 3_600_000 };
    const one = await join(101, { clock: wrong });

    const [seconds] = (await server.command('TIME')).split('\n').map(Number);

    expect(Math.abs(one.redisNowMs() / 1_000 - (seconds ?? 0))).toBeLessThan(5);
  });

  test('counts usage of all nodes', async () => {
    const one = await join(101);
    const { nodeNo, epoch } = one.directory.self;
    const bytes = { down: 7, up: 0, relay: 0, retransmitted: 0, data: 0 };

    await one.usageLedger.record({
      appId: AppId.parse('demo'),
      nodeNo,
      epoch,
      seq: 1,
      follows: 0,
      closedAtMs: Date.UTC(2026, 10, 24),
      region: 'eu',
      bytes,
      parts: [],
    });

    expect(await one.usageLedger.totals(AppId.parse('demo'), '2026-11-24')).toEqual(bytes);
  });

  test('a secret that is rolled on one node opens the app on the others, and the old one no longer does, within two seconds', async () => {
    let app = createApp({ id: 'rolled', secrets: ['the-old-secret-of-the-app'] });
    let serial = 1;
    const books = { appChanges: async (since: number) => ({ serial, changed: since < serial ? [app] : [], removed: [] }) };
    const mirror = new AppMirror({ configured: [], books, schedule: () => () => undefined });
    await mirror.refresh();
    await join(101, { apps: mirror });
    const other = await join(102);
    await until('the app is known', async () => (await other.appStore.findApp(app.id)) !== undefined);
    [serial, app] = [2, createApp({ id: 'rolled', secrets: ['the-new-secret-of-the-app'] })];
    const startedAtMs = performance.now();
    await mirror.refresh();
    await until('the new secret is known', async () => isDeepStrictEqual(await other.appStore.findApp(app.id), app));

    expect(performance.now() - startedAtMs).toBeLessThan(2_000);
  });
});
