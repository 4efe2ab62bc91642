import { createApp, createOwnApps } from '@causeway/accounts';
import { AppId } from '@causeway/protocol';
import { type Clock, createNodeClock } from '@causeway/sfu';
import type { Cluster } from '../../src/cluster.ts';
import { createCluster } from '../../src/create-cluster.ts';
import { nodeRecord } from '../doubles/node-records.ts';
import { session, sessionIdOf, track } from '../doubles/records.ts';
import { RedisClusterForTests } from '../doubles/redis-cluster-for-tests.ts';
import { until } from '../doubles/until.ts';

const FIRST_PAGE = { limit: undefined, cursor: undefined };
/** Enough for every server to have some of them. */
const APPS = Array.from({ length: 12 }, (_, number) => `app-${number}`);

const BYTES = { down: 7, up: 0, relay: 0, retransmitted: 0, data: 0 };

describe('Redis Cluster', () => {
  let redis: RedisClusterForTests;
  let clock: Clock;
  let clusters: readonly [Cluster, Cluster];
  const told: string[] = [];

  beforeAll(async () => {
    redis = await RedisClusterForTests.start();
    clock = createNodeClock();
    clusters = [await join(101), await join(102)];
    await until('they see each other', async () => clusters.every(({ directory }) => directory.others.length === 1));
  }, 60_000);

  afterAll(async () => {
    await Promise.all(clusters.map((cluster) => cluster.close()));
    await redis.stop();
  });

  function join(nodeNo: number): Promise<Cluster> {
    const { epoch: _, state: __, load: ___, ...self } = nodeRecord(nodeNo);
    const apps = nodeNo === 101 ? APPS.map((id) => createApp({ id, secrets: ['the-secret-of-this-test-alone'] })) : [];
    return createCluster({
      redisUrl: redis.url,
      clusterKey: 'a key that the whole cluster knows',
      self,
      isMediaAlive: () => true,
      apps: createOwnApps(apps),
      clock,
      onSuperseded: () => told.push('superseded'),
      onEvent: ({ type }) => told.push(type),
    });
  }

  test('sessions, tracks, apps, claims and usage of apps on all servers are found', async () => {
    const [here, there] = clusters;
    for (const [number, appId] of APPS.entries()) {
      const id = sessionIdOf(101, number);
      await here.registry.putSession(session(id, { appId }));
      await here.registry.putTrack(track(id, 'mic', { appId }));
    }

    for (const [number, appId] of APPS.entries()) {
      const id = sessionIdOf(101, number);
      expect(await there.registry.locateTrack(appId, { by: 'id', sessionId: id, trackId: 'mic' })).toEqual(track(id, 'mic', { appId }));
      expect((await there.registry.listSessions(appId, FIRST_PAGE)).sessions).toHaveLength(1);
      expect(await there.appStore.findApp(AppId.parse(appId))).toBeDefined();
      const batch = { nodeNo: 102, epoch: 1, seq: 1, follows: 0, closedAtMs: 0, region: 'eu', bytes: BYTES, parts: [] };
      await there.usageLedger.record({ appId: AppId.parse(appId), ...batch });
      expect(await here.usageLedger.totals(AppId.parse(appId), '1970-01-01')).toEqual(BYTES);
      expect(await there.callClaims.claim(AppId.parse(appId), 'key', there.directory.self, undefined)).toMatchObject({ nodeNo: 102 });
    }
    const sizes = await Promise.all(redis.servers.map((server) => server.command('DBSIZE')));
    expect(sizes.every((size) => Number(size) > 0)).toBe(true);
  });

  test('records that its servers have lost are written again', async () => {
    const [here, there] = clusters;
    await here.registry.putSession(session(sessionIdOf(101, 99), { appId: 'app-0' }));

    for (const server of redis.servers) await server.command('FLUSHALL');
    const listedIn = async (appId: string): Promise<number> => (await there.registry.listSessions(appId, FIRST_PAGE)).sessions.length;
    await until('all are listed again', async () => (await Promise.all(APPS.map(listedIn))).every((count) => count > 0), 10_000);

    expect(await listedIn('app-0')).toBe(2);
    expect(there.directory.find(101)).toBeDefined();
    expect(told).not.toContain('superseded');
  });
});
