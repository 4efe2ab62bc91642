import type { LoadSample, LoadSource } from '../overload/load-source.ts';
import type { ShardPool } from './shard-pool.ts';

/**
 * Computes the load of a node with several shards as it matters to the next session, which goes to the least loaded
 * shard but passes through the main thread like all sessions.
 *
 * @param main load of the main thread
 */
export function createPoolLoad(main: LoadSource, pool: Pick<ShardPool, 'shards'>): LoadSource {
  const counted = new WeakSet<LoadSample>();
  return {
    start: (listener) =>
      main.start((sample) => {
        const loads = pool.shards().flatMap(({ isAlive, load }) => (isAlive && load !== undefined ? [load] : []));
        // A thread may have taken no sample since, because its seconds begin at another time.
        const fresh = loads.filter((load) => !counted.has(load));
        for (const load of fresh) counted.add(load);
        listener({ ...combine(sample, loads), timerDelaysMs: [sample, ...fresh].flatMap((each) => each.timerDelaysMs) });
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
    // Each thread has its own heap, and exceeding its limit ends the thread.
    memoryShare: Math.max(main.memoryShare, ...shards.map(({ memoryShare }) => memoryShare)),
    // The shards share one uplink but not its buffers; if one finds the uplink full, it is full for all.
    uplinkLossRatio: Math.max(...shards.map(({ uplinkLossRatio }) => uplinkLossRatio)),
  };
}
