import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AskedChild, findTakenPorts, type PortUse, RedisServer, waitUntil } from '@causeway/lab';
import type { Impairment } from '../network/impairment.ts';
import type { ProxyVerbs } from '../network/proxy-verbs.ts';
import { NodeDaemon } from './node-daemon.ts';
import { type App, type PlannedNode, PORTS_OF_A_CLUSTER, planNodes, redisPortOf } from './region-plan.ts';

export interface ClusterOptions {
  readonly basePort: number;
  readonly app?: App;
  /** The URL of an existing Redis. Default: the cluster starts its own. */
  readonly redisUrl?: string;
  readonly isImpairable: boolean;
  /** The initial impairment of all links between regions; requires `isImpairable`. */
  readonly impairment?: Partial<Impairment>;
  /** Default 3. */
  readonly regions?: number;
  /** Default 1. */
  readonly nodesPerRegion?: number;
  /** A proxy for a Redis outside of the cluster, started before the nodes. */
  readonly redisProxy?: { readonly name: string; readonly port: number; readonly targetPort: number };
  /** The seed of all random behaviour of the network. */
  readonly seed: number;
  /** The user ids that nodes run as, by region. Default: the current user. */
  readonly uids?: Readonly<Record<string, number>>;
  /** Additional variables for every node. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Receives every line that a process writes. */
  readonly onLine?: (process: string, line: string) => void;
}

const SETTLE_DEADLINE_MS = 20_000;
/** Nodes measure links once a second, and delay their reports by up to a second. */
const TOLD_WITHIN_MS = 2_500;

/** A Redis, several regions and the network between them, as real processes on one machine. */
export class RunningCluster {
  readonly app: App;
  readonly nodes: readonly NodeDaemon[];
  readonly redis: RedisServer | undefined;
  readonly #network: AskedChild<ProxyVerbs> | undefined;

  private constructor(app: App, nodes: readonly NodeDaemon[], redis?: RedisServer, network?: AskedChild<ProxyVerbs>) {
    this.app = app;
    this.nodes = nodes;
    this.redis = redis;
    this.#network = network;
  }

  /** Resolves once all nodes are ready. @throws Error – a port is in use, or a process does not start; nothing is left running */
  static async start(options: ClusterOptions): Promise<RunningCluster> {
    const app = options.app ?? makeUpApp();
    const redisUrl = options.redisUrl ?? `redis://127.0.0.1:${redisPortOf(options.basePort)}`;
    const clusterKey = randomBytes(32).toString('hex');
    const plans = planNodes({ ...options, app, redisUrl, clusterKey });
    await refuseTakenPorts(plans, options);
    const redis = options.redisUrl === undefined ? await startRedis(options) : undefined;
    const network = options.isImpairable
      ? new AskedChild<ProxyVerbs>({ name: 'network', program: new URL('../network/proxy-main.ts', import.meta.url) })
      : undefined;
    const nodes = plans.map((plan) => new NodeDaemon(plan, lineTo(options, plan.name)));
    const cluster = new RunningCluster(app, nodes, redis, network);
    try {
      await network?.ask('open', { nodes: plans, seed: options.seed });
      if (options.impairment !== undefined) await network?.ask('impairLinks', { impairment: options.impairment });
      if (options.redisProxy !== undefined) await network?.ask('openStream', options.redisProxy);
      await Promise.all(nodes.map((node) => node.start()));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** @throws Error – the cluster was not started with `isImpairable` */
  get network(): AskedChild<ProxyVerbs> {
    if (this.#network === undefined) throw new Error('This cluster has no network that can be impaired');
    return this.#network;
  }

  /** @throws Error – there is no such region */
  node(region: string): NodeDaemon {
    const found = this.nodes.find(({ plan }) => plan.name === region);
    if (found === undefined) throw new Error(`There is no region ${region}`);
    return found;
  }

  /**
   * Resolves once every node has measured the round trip to every other node, and had time to report it. Nodes that start
   * together are busy, and until then a track may take a route through a third region.
   *
   * @param longestRttMs the longest expected round trip of a link
   * @throws Error – a round trip remains longer
   */
  async settleLinks(longestRttMs: number): Promise<void> {
    const others = this.nodes.length - 1;
    await waitUntil(
      `every link has a round trip of at most ${longestRttMs} ms`,
      () => Promise.all(this.nodes.map((node) => node.linkRttsMs())),
      (all) => all.every((rttsMs) => rttsMs.length === others && Math.max(...rttsMs) <= longestRttMs),
      SETTLE_DEADLINE_MS,
    );
    await sleep(TOLD_WITHIN_MS);
  }

  /** @param onDeath called for each process that ends unexpectedly, with whether any node is left */
  watchDeaths(onDeath: (what: string, isNodeLeft: boolean) => void): void {
    const children = [...this.nodes.map(({ child }) => child), ...(this.redis ? [this.redis.child] : [])];
    if (this.#network !== undefined) children.push(this.#network.child);
    for (const child of children) {
      void child.died.then(() =>
        onDeath(
          `${child.name} ended by itself (${child.ending})`,
          this.nodes.some(({ isRunning }) => isRunning),
        ),
      );
    }
  }

  /** Stops all nodes concurrently, then the processes that they depend on. */
  async stop(): Promise<void> {
    await Promise.all(this.nodes.map(async (node) => node.isRunning && (await node.child.stop())));
    await this.#network?.child.stop();
    await this.redis?.stop();
  }
}

function makeUpApp(): App {
  return { appId: `app-${randomBytes(6).toString('hex')}`, secret: randomBytes(24).toString('base64url') };
}

function startRedis(options: ClusterOptions): Promise<RedisServer> {
  const onLine = lineTo(options, 'redis');
  return RedisServer.start({ port: redisPortOf(options.basePort), ...(onLine === undefined ? {} : { onLine }) });
}

function lineTo({ onLine }: ClusterOptions, name: string): ((line: string) => void) | undefined {
  return onLine === undefined ? undefined : (line) => onLine(name, line);
}

async function refuseTakenPorts(plans: readonly PlannedNode[], options: ClusterOptions): Promise<void> {
  const uses = plans.flatMap((plan): PortUse[] => [
    ['tcp', plan.httpPort],
    ['udp', plan.udpPort],
    ['tcp', plan.debugPort],
    ...(options.isImpairable
      ? ([
          ['udp', plan.linkProxyPort],
          ['tcp', plan.apiProxyPort],
        ] as const)
      : []),
  ]);
  if (options.redisUrl === undefined) uses.push(['tcp', redisPortOf(options.basePort)]);
  const [taken] = await findTakenPorts(uses);
  if (taken === undefined) return;
  const [protocol, port] = taken;
  throw new Error(
    `${protocol.toUpperCase()} port ${port} is in use by another program; stop that one, or move the cluster with CAUSEWAY_CLUSTER_PORT`,
  );
}

/** Finds a base port with no port of a cluster in use. */
export async function findFreeBasePort(random: () => number): Promise<number> {
  for (;;) {
    const base = 20_000 + 100 * Math.floor(random() * 120);
    const ports = Array.from({ length: PORTS_OF_A_CLUSTER }, (_, index) => base + index);
    const uses = ports.flatMap((port): PortUse[] => [
      ['tcp', port],
      ['udp', port],
    ]);
    if ((await findTakenPorts(uses)).length === 0) return base;
  }
}
