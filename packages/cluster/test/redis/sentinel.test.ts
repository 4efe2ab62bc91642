import { createOwnApps } from '@causeway/accounts';
import { WatchedRedis } from '@causeway/lab';
import type { Clock } from '@causeway/sfu';
import { createNodeClock } from '@causeway/sfu';
import type { Cluster } from '../../src/cluster.ts';
import { createCluster } from '../../src/create-cluster.ts';
import { nodeRecord } from '../doubles/node-records.ts';
import { APP, session, sessionIdOf } from '../doubles/records.ts';
import { until } from '../doubles/until.ts';

/**
 * Sentinels take three seconds to call a master down, and need some more to agree and to promote another. On a quiet machine writes
 * resume within ten seconds, as scripts/faults shows; this one runs other tests as well.
 */
const MAX_FAILOVER_MS = 15_000;
const MINUTE_MS = 60_000;

describe('servers that Sentinel watches', () => {
  let redis: WatchedRedis;
  let clusters: readonly Cluster[];
  let clock: Clock;
  let sessions = 0;
  const gone: number[] = [];

  beforeAll(async () => {
    redis = await WatchedRedis.start({ replicas: 2 });
    clock = createNodeClock();
    clusters = await Promise.all([101, 102].map(join));
    for (const { directory } of clusters) directory.watch({ onNodePut: () => {}, onNodeGone: ({ nodeNo }) => gone.push(nodeNo) });
    await until('they see each other', async () => clusters.every(({ directory }) => directory.others.length === 1));
  }, MINUTE_MS);

  afterAll(async () => {
    await Promise.all(clusters.map((cluster) => cluster.close()));
    await redis.stop();
  }, MINUTE_MS);

  function join(nodeNo: number): Promise<Cluster> {
    const { epoch: _, state: __, load: ___, ...self } = nodeRecord(nodeNo);
    const clusterKey = 'a key that the whole cluster knows';
    return createCluster({
      redisUrl: redis.url,
      clusterKey,
      self,
      isMediaAlive: () => true,
      apps: createOwnApps([]),
      clock,
      onSuperseded: () => gone.push(nodeNo),
    });
  }

  /** @returns how long it took until what one node announces is seen by the other again */
  async function timeUntilWritesResume(): Promise<number> {
    const [writer, reader] = clusters as readonly [Cluster, Cluster];
    const startedAtMs = performance.now();
    const id = sessionIdOf(101, ++sessions);
    await writer.registry.putSession(session(id));
    await until('it is seen', async () => (await reader.registry.findSession(APP, id)) !== undefined, 30_000);
    return performance.now() - startedAtMs;
  }

  async function listed(): Promise<number> {
    const page = await clusters[1]?.registry.listSessions(APP, { limit: undefined, cursor: undefined });
    return page?.isPartial ? 0 : (page?.sessions.length ?? 0);
  }

  test(
    'writes resume after a master was killed, everything is listed again, and no node counts as dead',
    async () => {
      await timeUntilWritesResume();
      const master = await redis.master();

      await master.kill();
      const tookMs = await timeUntilWritesResume();

      expect(tookMs).toBeLessThan(MAX_FAILOVER_MS);
      await until('all are listed', async () => (await listed()) === sessions);
      expect((await redis.master()).port).not.toBe(master.port);
      expect(gone).toEqual([]);
    },
    MINUTE_MS,
  );

  test(
    'writes resume after a master froze, which default options of the client never get away from',
    async () => {
      const master = await redis.master();

      master.pause();
      const tookMs = await timeUntilWritesResume();
      master.resume();

      expect(tookMs).toBeLessThan(MAX_FAILOVER_MS);
      await until('all are listed', async () => (await listed()) === sessions);
      expect((await redis.master()).port).not.toBe(master.port);
      expect(gone).toEqual([]);
    },
    MINUTE_MS,
  );
});
