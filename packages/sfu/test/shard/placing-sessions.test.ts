/** Which shard of a pool a new session is placed on. */
import { DEFAULT_WORKER_FILL_SHARE } from '../../src/shard/choose-shard.ts';
import { PoolScene } from '../doubles/pool-scene.ts';

/** The shards are busy for these shares of their time, and have been for long. */
async function settle(scene: PoolScene, utilizations: readonly number[]): Promise<void> {
  for (const [shardNo, utilization] of utilizations.entries()) scene.member(shardNo).beat(utilization);
  await scene.pass(60_000);
}

test('one shard after another is filled to a quarter of its time, and then the one with the least to do gets new sessions', async () => {
  const scene = await PoolScene.open(3, { fillShare: DEFAULT_WORKER_FILL_SHARE });
  const chosen: number[] = [];

  for (const utilizations of [
    [0.24, 0, 0],
    [0.3, 0, 0],
    [0.3, 0.26, 0.1],
    [0.1, 0.26, 0.1],
    [0.6, 0.5, 0.7],
  ]) {
    await settle(scene, utilizations);
    chosen.push(scene.pool.chooseShardNo());
  }

  expect(chosen).toEqual([0, 1, 2, 0, 1]);
});

test('a crowd that comes before it costs anything fills a shard, too', async () => {
  const scene = await PoolScene.open(2, { fillShare: DEFAULT_WORKER_FILL_SHARE });

  const chosen = Array.from({ length: 200 }, () => scene.pool.chooseShardNo());
  await settle(scene, [0.1, 0.1]);
  const later = scene.pool.chooseShardNo();

  expect(chosen.slice(0, 83)).toEqual(Array(83).fill(0));
  expect([0, 1].map((shardNo) => chosen.filter((one) => one === shardNo).length)).toEqual([100, 100]);
  expect(later).toBe(0);
});

test('the cost of admitting a crowd does not count as the cost of the crowd itself', async () => {
  const scene = await PoolScene.open(2, { fillShare: DEFAULT_WORKER_FILL_SHARE });
  await settle(scene, [0.02, 0]);
  const chosen: number[] = [];

  for (let joined = 0; joined < 40; joined++) {
    chosen.push(scene.pool.chooseShardNo());
    scene.member(0).beat(0.6);
    await scene.clock.advance(40);
  }

  expect(chosen).toEqual(Array(40).fill(0));
});

test('a crowd that does nothing yet is spread over all shards', async () => {
  const scene = await PoolScene.open(2, { fillShare: DEFAULT_WORKER_FILL_SHARE });

  for (let index = 0; index < 300; index++) {
    scene.join(`guest ${index}`, scene.pool.chooseShardNo());
    await scene.pass(1_000);
  }

  expect(scene.pool.shards().map(({ sessions }) => sessions)).toEqual([150, 150]);
});

test('where no shard is to be filled first, new sessions go where there is least to do, and newcomers of the same second are kept apart', async () => {
  const scene = await PoolScene.open(3);
  await settle(scene, [0.5, 0.1, 0.101]);

  const chosen = [1, 2, 3, 4].map(() => scene.pool.chooseShardNo());
  await settle(scene, [0.5, 0.9, 0.8]);
  const afterTheLoadChanged = scene.pool.chooseShardNo();

  expect(chosen).toEqual([1, 2, 1, 2]);
  expect(afterTheLoadChanged).toBe(0);
});
