import { availableParallelism } from 'node:os';
import { createCertificate, createContextTable, createSecureSuite } from '@causeway/secure';
import type { Clock } from '../clock.ts';
import { canConnectPaths } from '../io/connected-socket.ts';
import { probePort } from '../io/local-socket.ts';
import { createProcessLoad } from '../io/process-load.ts';
import type { LoadSample, LoadSource } from '../overload/load-source.ts';
import type { Shard } from '../shard.ts';
import { InlineShard } from './inline-shard.ts';
import { type ShardLoss, ShardPool } from './shard-pool.ts';
import { WorkerShard } from './worker-shard.ts';

export interface ShardSetup {
  /** Literal addresses to listen on. */
  readonly addresses: readonly string[];
  /** 0 lets the system choose. */
  readonly port: number;
  readonly connectPaths: boolean;
  /** Limit for all shards together. */
  readonly maxConnectedSockets: number;
  readonly maxMemoryBytes: number;
  /** For several shards; see `ShardPoolOptions`. */
  readonly fillShare: number;
  readonly clock: Clock;
  readonly onShardLost?: ((loss: ShardLoss) => void) | undefined;
}

/** The shard that carries the media of a node, and the source of its load. */
export interface OpenShard {
  readonly shard: Shard;
  readonly load: LoadSource;
}

/** One core is reserved for the main thread, which handles HTTP and negotiation. */
const OTHER_CORES = 1;

/** @returns the number of worker threads that this machine has cores for */
export function automaticWorkers(): number {
  return Math.max(1, availableParallelism() - OTHER_CORES);
}

/**
 * Opens the shard that carries the media: one engine in this thread, or several in worker threads.
 *
 * @throws the system's error if the UDP port cannot be opened
 * @throws Error – several threads are requested, but the system does not let them share a port
 */
export async function openShard(workers: number, setup: ShardSetup): Promise<OpenShard> {
  const { maxMemoryBytes } = setup;
  if (workers === 1) {
    const shard = await openInline(setup);
    return { shard, load: createProcessLoad(maxMemoryBytes, shard) };
  }
  if (!canConnectPaths())
    throw new Error(`several workers must share a UDP port, which ${process.platform} does not support; set workers to 1`);
  const pool = await openPool(workers, setup);
  return { shard: pool, load: createPoolLoad(createProcessLoad(maxMemoryBytes), pool) };
}

async function openInline({ addresses, port, connectPaths, maxConnectedSockets }: ShardSetup): Promise<InlineShard> {
  const suite = await createSecureSuite();
  const shard = new InlineShard({ suite, addresses, port, connectPaths, maxConnectedSockets });
  await shard.open();
  return shard;
}

async function openPool(size: number, setup: ShardSetup): Promise<ShardPool> {
  const { addresses, connectPaths, maxMemoryBytes, fillShare, clock, onShardLost } = setup;
  const certificate = await createCertificate(new Date());
  const port = await findPort(addresses, setup.port);
  const maxConnectedSockets = Math.floor(setup.maxConnectedSockets / size);
  return ShardPool.open({
    size,
    clock,
    fingerprint: certificate.fingerprint,
    port,
    fillShare,
    onShardLost,
    startMember: (shardNo) => {
      const contexts = createContextTable();
      return WorkerShard.start({ shardNo, addresses, port, connectPaths, maxConnectedSockets, certificate, maxMemoryBytes, contexts });
    },
  });
}

/**
 * Finds a free port. The shards would share it with a second server too, so it is first bound exclusively on every
 * address for a moment.
 */
async function findPort(addresses: readonly string[], wanted: number): Promise<number> {
  let port = wanted;
  for (const address of addresses) port = await probePort(address, port);
  return port;
}

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
