import type { LoadSample, LoadSource } from '../overload/load-source.ts';
import type { ShardPool } from './shard-pool.ts';

/**
 * The load of a node with several shards, as far as the next session is concerned: it goes to the least loaded shard,
 * but passes through the main thread like all.
 *
 * @param main load of the main thread
 */
export function createPoolLoad(main: LoadSource, pool: Pick<ShardPool, 'shards'>): LoadSource {
  return {
    start: (listener) =>
      main.start((sample) => {
        const loads = pool.shards().flatMap(({ isAlive, load }) => (isAlive && load !== undefined ? [load] : []));
        listener(combine(sample, loads));
      }),
    stop: () => main.stop(),
  };
}

function combine(main: LoadSample, shards: readonly LoadSample[]): LoadSample {
  const [first, ...others] = shards;
  if (first === undefined) return main;
  const idlest = others.reduce((least, each) => (each.utilization < least.utilization ? each : least), first);
  const busier = idlest.utilization > main.utilization ? idlest : main;
  return {
    ...busier,
    // Each thread has a heap of its own, and reaching the limit of one ends it.
    memoryShare: Math.max(main.memoryShare, ...shards.map(({ memoryShare }) => memoryShare)),
    // They share one uplink, but not its buffers: what one of them finds full is full for all.
    uplinkLossRatio: Math.max(...shards.map(({ uplinkLossRatio }) => uplinkLossRatio)),
  };
}
