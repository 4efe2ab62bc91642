/** The start of a node in virtual time, over a model of Redis that does not answer for a while. */
import { createOwnApps } from '@causeway/accounts';
import { ModelRedis, ModelRedisClient, type ModelRedisWay } from '@causeway/testkit/model-redis';
import { VirtualClock } from '@causeway/testkit/virtual-clock';
import { createCluster } from '../src/create-cluster.ts';
import { nodeRecord } from './doubles/node-records.ts';

const START_TIMEOUT_MS = 30_000;
/** A node may close while Redis does not answer. */
const CLOSE_TIMEOUT_MS = 30_000;

interface StartedNode {
  /** How many milliseconds it took; undefined if it did not start. */
  readonly tookMs: number | undefined;
  readonly failure: string | undefined;
}

/** @param wayAt how Redis answers at a time */
async function start(wayAt: (nowMs: number) => ModelRedisWay): Promise<StartedNode> {
  const clock = new VirtualClock();
  const redis = new ModelRedis({ clock, random: () => 0.5 });
  const { epoch: _, state: __, load: ___, ...self } = nodeRecord(101);
  let tookMs: number | undefined;
  let failure: string | undefined;
  let hasEnded = false;
  const starting = createCluster({
    redisUrl: 'redis://model',
    connect: () => new ModelRedisClient(redis, { clock, random: () => 0.5, way: () => wayAt(clock.nowMs()) }),
    nextTurn: (callback) => void clock.schedule(0, callback),
    clusterKey: 'the key of a node that starts in trouble',
    self,
    isMediaAlive: () => true,
    apps: createOwnApps([]),
    clock,
    startTimeoutMs: START_TIMEOUT_MS,
    onSuperseded: () => {
      failure = 'superseded';
    },
  }).then(
    async (cluster) => {
      tookMs = clock.nowMs();
      await cluster.close();
    },
    (error: unknown) => {
      failure = String(error);
    },
  );
  void starting.finally(() => {
    hasEnded = true;
  });
  for (let ms = 0; ms < START_TIMEOUT_MS + CLOSE_TIMEOUT_MS && !hasEnded; ms += 100) await clock.advance(100);
  await starting;
  return { tookMs, failure };
}

test.each(Array.from({ length: 16 }, (_, index) => index * 100))(
  'a node starts though Redis does not answer for five seconds from millisecond %i on',
  async (fromMs) => {
    const { tookMs, failure } = await start((nowMs) =>
      nowMs >= fromMs && nowMs < fromMs + 5_000 ? { state: 'silent' } : { state: 'open', oneWayMs: 100 },
    );

    expect(failure).toBeUndefined();
    expect(tookMs).toBeLessThan(fromMs + 10_000);
  },
);

test('a node that has begun its life, and hears nothing from Redis after that, gives up and says so', async () => {
  const { failure } = await start((nowMs) => (nowMs < 500 ? { state: 'open', oneWayMs: 50 } : { state: 'silent' }));

  expect(failure).toContain('gave up after 30 s: Redis does not answer: ');
});
