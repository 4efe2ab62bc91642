import { randomBytes } from 'node:crypto';
import type { CertificateFingerprint } from '@causeway/media';
import { assembleSfu } from './assemble-sfu.ts';
import type { Clock } from './clock.ts';
import type { SfuEvent } from './events.ts';
import { resolveMediaAddresses } from './io/local-addresses.ts';
import { probePort } from './io/local-socket.ts';
import { createNodeClock } from './io/node-clock.ts';
import { memoryLimitBytes, openFilesLimit } from './io/process-load.ts';
import type { SocketAddress } from './nodes/index.ts';
import type { OverloadLimits } from './overload/admission.ts';
import type { AppBounds } from './overload/app-shares.ts';
import { MemoryRegistry, type Registry } from './registry/index.ts';
import type { ClusterAssembly } from './relay/cluster-assembly.ts';
import { LINK_VERSIONS } from './relay/links/control-messages.ts';
import type { SessionLimits } from './session/session-parts.ts';
import type { Sfu } from './sfu.ts';
import { DEFAULT_WORKER_FILL_SHARE } from './shard/choose-shard.ts';
import { automaticWorkers, openShard } from './shard/open-shard.ts';
import type { ShardLoss } from './shard/shard-pool.ts';
import type { Shard } from './shard.ts';

/** Options of an SFU; each has a default. */
export interface SfuOptions {
  /** UDP port of all media; 0 lets the system choose. Default 0. */
  readonly udpPort?: number;
  /** Address to listen on; a wildcard stands for all local addresses of its family. Default: all local addresses. */
  readonly listenAddress?: string;
  /** Addresses that clients send to, such as a public address behind a NAT. Default: the addresses listened on. */
  readonly announcedAddresses?: readonly string[];
  /** Number in the session ids, 0 to 65,535. Default 1; in a cluster, the node's number there. */
  readonly nodeNo?: number;
  /** Whether each connected peer gets a socket of its own, on platforms that allow it. Sending then costs a third less. Default true. */
  readonly connectPaths?: boolean;
  /** The highest number of those sockets. Default: half of the files that the process may open. */
  readonly maxConnectedSockets?: number;
  /**
   * Number of threads that carry media, at most `MAX_SHARDS`. With more than one, each is a worker thread, and all
   * share one UDP port (Linux only). `auto` uses one for every core but one. Default 1: the calling thread.
   */
  readonly workers?: number | 'auto';
  /**
   * How busy one of several workers becomes before the next one is given sessions, as a share of its time. 0 spreads
   * sessions from the beginning. Default 0.25.
   */
  readonly workerFillShare?: number;
  /** Called when a worker thread has ended because of a defect or for lack of memory. It is replaced; its sessions are closed. */
  readonly onShardLost?: (loss: ShardLoss) => void;
  /** Default: a registry in memory, for a standalone node. */
  readonly registry?: Registry;
  readonly limits?: Partial<SessionLimits>;
  /** Limits above which new sessions are refused with `no_capacity`; `maxMemoryBytes` limits memory. */
  readonly overload?: Partial<OverloadLimits>;
  /** The bounds of each app on this node; see `defaultAppBounds`. */
  readonly appBounds?: Partial<AppBounds>;
  /** New sessions are refused once four fifths of this are used. Default: the limit of the container or the memory of the machine. */
  readonly maxMemoryBytes?: number;
  /** Called for every event of a session. */
  readonly onEvent?: (event: SfuEvent) => void;
  /** Called for a defect that belongs to no session and has no further effect. Default: Node prints a warning. */
  readonly onDefect?: (error: unknown) => void;
  /**
   * Makes the node a member of a cluster. It is called once the UDP port is open, because the node's description for
   * other nodes contains the port. Default: the node is standalone.
   */
  readonly joinCluster?: (opened: OpenedNode) => Promise<JoinedCluster>;
}

/** What is known about a node once its port is open. */
export interface OpenedNode {
  /** Fingerprint of the certificate that the node presents on every link. */
  readonly fingerprint: CertificateFingerprint;
  /** Addresses for links to this node: the announced addresses, best first. */
  readonly linkAddresses: readonly SocketAddress[];
  readonly linkVersions: { readonly min: number; readonly max: number };
  readonly clock: Clock;
  /** Whether the event loops that carry media still run. The lease is renewed only while they do. */
  readonly isMediaAlive: () => boolean;
}

/** The parts that an SFU takes from the cluster that its node has joined. */
export interface JoinedCluster extends ClusterAssembly {
  /** Index of the cluster's sessions and tracks, used instead of `SfuOptions.registry`. */
  readonly registry?: Registry;
}

const DEFAULT_NODE_NO = 1;
/** The other half is left for HTTP connections and whatever else the process opens. */
const CONNECTED_SHARE_OF_FILES = 0.5;

/**
 * Creates an SFU in this process and starts to listen. Without options it listens on a port that the system chooses.
 *
 * @throws the system's error if the UDP port cannot be opened; whatever `joinCluster` throws
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

/**
 * Checks that the UDP port of such options can be opened, for a program that would rather fail before it opens anything else. Another
 * program may still take the port before `createSfu` does.
 *
 * @throws the system's error if it cannot be opened
 */
export async function checkMediaPort({
  udpPort = 0,
  listenAddress,
  announcedAddresses = [],
}: Pick<SfuOptions, 'udpPort' | 'listenAddress' | 'announcedAddresses'>): Promise<void> {
  const { listen } = resolveMediaAddresses(listenAddress === undefined ? [] : [listenAddress], announcedAddresses);
  for (const address of listen) await probePort(address, udpPort);
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
