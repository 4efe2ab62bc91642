import { randomBytes } from 'node:crypto';
import type { CertificateFingerprint } from '@causeway/media';
import { assembleSfu } from './assemble-sfu.ts';
import type { Clock } from './clock.ts';
import type { SfuEvent } from './events.ts';
import { resolveMediaAddresses } from './io/local-addresses.ts';
import { memoryLimitBytes } from './io/memory-limit.ts';
import { createNodeClock } from './io/node-clock.ts';
import { openFilesLimit } from './io/open-files-limit.ts';
import type { SocketAddress } from './nodes/index.ts';
import type { OverloadLimits } from './overload/admission.ts';
import type { AppBounds } from './overload/app-bounds.ts';
import { MemoryRegistry, type Registry } from './registry/index.ts';
import type { ClusterAssembly } from './relay/cluster-assembly.ts';
import { LINK_VERSIONS } from './relay/links/control-messages.ts';
import type { SessionLimits } from './session/session-parts.ts';
import type { Sfu } from './sfu.ts';
import { DEFAULT_WORKER_FILL_SHARE } from './shard/choose-shard.ts';
import { automaticWorkers, openShard } from './shard/open-shard.ts';
import type { ShardLoss } from './shard/shard-pool.ts';
import type { Shard } from './shard.ts';

/** What may be set for an SFU; every option has a default. */
export interface SfuOptions {
  /** UDP port of all media; 0 lets the system choose. Default 0. */
  readonly udpPort?: number;
  /** Address to listen on; a wildcard stands for all local addresses of its family. Default: all local addresses. */
  readonly listenAddress?: string;
  /** The addresses that clients are told to send to, such as a public address behind a NAT. Default: the addresses listened on. */
  readonly announcedAddresses?: readonly string[];
  /** Number in the session ids, 0 to 65,535. Default 1; in a cluster, the number that the node has there. */
  readonly nodeNo?: number;
  /** Whether each connected peer gets a socket of its own, where the platform can; sends cost a third less. Default true. */
  readonly connectPaths?: boolean;
  /** How many of those sockets at most. Default: half of the files that the process may have open. */
  readonly maxConnectedSockets?: number;
  /**
   * How many threads carry media, at most `MAX_SHARDS`: with more than one, each is a worker thread, all on the same UDP port (Linux only);
   * `auto` has one for every core but one. Default 1: the calling thread.
   */
  readonly workers?: number | 'auto';
  /**
   * How much one of several workers is given to do before the next one gets sessions, as a share of its time; 0 spreads sessions from the
   * first on. Default 0.25.
   */
  readonly workerFillShare?: number;
  /** A worker thread has ended by a defect of ours, or for want of memory. It is replaced; its sessions are closed. */
  readonly onShardLost?: (loss: ShardLoss) => void;
  /** Default: one in memory, for a standalone node. */
  readonly registry?: Registry;
  readonly limits?: Partial<SessionLimits>;
  /** When new sessions are refused with `no_capacity`; memory is below. */
  readonly overload?: Partial<OverloadLimits>;
  /** What each app may have on this node; see `defaultAppBounds`. */
  readonly appBounds?: Partial<AppBounds>;
  /** New sessions are refused when four fifths of this are used. Default: what the container or the machine has. */
  readonly maxMemoryBytes?: number;
  /** Hears of what happens in sessions. */
  readonly onEvent?: (event: SfuEvent) => void;
  /** A defect of ours has shown that no session can be blamed for, and that is over. Default: Node warns of it. */
  readonly onDefect?: (error: unknown) => void;
  /**
   * Makes the node a member of a cluster. Called once its UDP port is open, because its description for the others
   * contains that port. Default: the node is standalone.
   */
  readonly joinCluster?: (opened: OpenedNode) => Promise<JoinedCluster>;
}

/** What is known about a node once its port is open. */
export interface OpenedNode {
  /** Fingerprint of the certificate that its end of every link shows. */
  readonly fingerprint: CertificateFingerprint;
  /** Where links reach it: the announced addresses, best first. */
  readonly linkAddresses: readonly SocketAddress[];
  readonly linkVersions: { readonly min: number; readonly max: number };
  readonly clock: Clock;
  /** Whether the loops that carry media turn: a lease is renewed only while they do. */
  readonly isMediaAlive: () => boolean;
}

/** What an SFU needs of the cluster that its node has joined. */
export interface JoinedCluster extends ClusterAssembly {
  /** Where its sessions and tracks are found; instead of `SfuOptions.registry`. */
  readonly registry?: Registry;
}

const DEFAULT_NODE_NO = 1;
/** The rest is for everything else that the process opens: connections of HTTP above all. */
const CONNECTED_SHARE_OF_FILES = 0.5;

/**
 * An SFU in this process, listening. Without options it is a working one on a port of the system's choice.
 *
 * @throws the system's error if the UDP port cannot be had; whatever `joinCluster` throws
 */
export async function createSfu(options: SfuOptions = {}): Promise<Sfu> {
  const listen = options.listenAddress === undefined ? [] : [options.listenAddress];
  const addresses = resolveMediaAddresses(listen, options.announcedAddresses ?? []);
  const clock = createNodeClock();
  const maxMemoryBytes = options.maxMemoryBytes ?? memoryLimitBytes();
  const setup = {
    addresses: addresses.listen,
    port: options.udpPort ?? 0,
    connectPaths: options.connectPaths ?? true,
    maxConnectedSockets: options.maxConnectedSockets ?? openFilesLimit() * CONNECTED_SHARE_OF_FILES,
    maxMemoryBytes,
    fillShare: options.workerFillShare ?? DEFAULT_WORKER_FILL_SHARE,
    clock,
    onShardLost: options.onShardLost,
  };
  const { workers = 1 } = options;
  const opened = await openShard(workers === 'auto' ? automaticWorkers() : workers, setup);
  const cluster = await joinCluster(options, opened.shard, addresses.announced, clock);
  return assembleSfu({
    ...opened,
    ...(cluster !== undefined && { cluster }),
    registry: cluster?.registry ?? options.registry ?? new MemoryRegistry(),
    clock,
    random: { bytes: randomBytes },
    nodeNo: cluster?.directory.self.nodeNo ?? options.nodeNo ?? DEFAULT_NODE_NO,
    announcedAddresses: addresses.announced,
    onDefect: options.onDefect ?? warnOf,
    ...(options.overload !== undefined && { overload: options.overload }),
    ...(options.appBounds !== undefined && { appBounds: options.appBounds }),
    ...(options.limits !== undefined && { limits: options.limits }),
    ...(options.onEvent !== undefined && { onEvent: options.onEvent }),
  });
}

function warnOf(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}

async function joinCluster(
  { joinCluster: join }: SfuOptions,
  shard: Shard,
  announced: readonly string[],
  clock: Clock,
): Promise<JoinedCluster | undefined> {
  if (join === undefined) return undefined;
  try {
    return await join({
      fingerprint: shard.fingerprint,
      linkAddresses: announced.map((address) => ({ address, port: shard.port })),
      linkVersions: LINK_VERSIONS,
      clock,
      isMediaAlive: () => shard.isAlive(),
    });
  } catch (error) {
    await shard.close();
    throw error;
  }
}
