import { availableParallelism } from 'node:os';
import { createCertificate, createSecureSuite } from '@causeway/secure';
import type { Clock } from '../clock.ts';
import { canConnectPaths } from '../io/connected-socket.ts';
import { probePort } from '../io/local-socket.ts';
import { createProcessLoad } from '../io/process-load.ts';
import type { LoadSource } from '../overload/load-source.ts';
import type { Shard } from '../shard.ts';
import { InlineShard } from './inline-shard.ts';
import { createPoolLoad } from './pool-load.ts';
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
  /** Applies to several shards, as in `ShardPoolOptions`. */
  readonly fillShare: number;
  readonly clock: Clock;
  readonly onShardLost?: ((loss: ShardLoss) => void) | undefined;
}

/** What carries the media of a node, and how much it has to do. */
export interface OpenShard {
  readonly shard: Shard;
  readonly load: LoadSource;
}

/** One core is for the main thread: HTTP and negotiation. */
const OTHER_CORES = 1;

/** @returns how many worker threads this machine has cores for */
export function automaticWorkers(): number {
  return Math.max(1, availableParallelism() - OTHER_CORES);
}

/**
 * Opens what carries the media: an engine in this thread, or several in threads of their own.
 *
 * @throws the system's error if the UDP port cannot be had; Error – several threads, where the system does not let them share a port
 */
export async function openShard(workers: number, setup: ShardSetup): Promise<OpenShard> {
  const { maxMemoryBytes } = setup;
  if (workers === 1) {
    const shard = await openInline(setup);
    return { shard, load: createProcessLoad(maxMemoryBytes, shard) };
  }
  if (!canConnectPaths())
    throw new Error(`several workers need sockets that share a UDP port, which ${process.platform} has not got; set one`);
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
    startMember: (shardNo) =>
      WorkerShard.start({ shardNo, addresses, port, connectPaths, maxConnectedSockets, certificate, maxMemoryBytes }),
  });
}

/** The shards share their port, and would share it with a second server too: it is taken alone for a moment on every address first. */
async function findPort(addresses: readonly string[], wanted: number): Promise<number> {
  let port = wanted;
  for (const address of addresses) port = await probePort(address, port);
  return port;
}
