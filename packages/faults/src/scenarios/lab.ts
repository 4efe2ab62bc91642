/** Where a scenario takes place: a cluster of its own, clients in processes of their own, and the means to break things. */

import { setTimeout as sleep } from 'node:timers/promises';
import { AskedChild, RedisServer, WatchedRedis } from '@causeway/lab';
import type { SfuAddress } from '@causeway/loadtest';
import { seededRandom } from '@causeway/testkit';
import type { ClientVerbs } from '../clients/client-verbs.ts';
import { NodeApi } from '../clients/node-api.ts';
import { type App, PORTS_OF_A_CLUSTER } from '../cluster/region-plan.ts';
import { findFreeBasePort, RunningCluster } from '../cluster/running-cluster.ts';
import type { Impairment } from '../network/impairment.ts';

export interface LabNeeds {
  /**
   * `single` is the cluster's own Redis. `durable` is one that keeps an append-only file. `watched` is a master and a replica under three
   * Sentinels. `proxied` is one that can be slowed down.
   */
  readonly redis?: 'single' | 'durable' | 'watched' | 'proxied';
  /** For `watched`, the region that will be cut off together with the master. It runs as another user, so this needs root. */
  readonly minority?: string;
  /** The impairment of all links between regions from the start. */
  readonly impairment?: Partial<Impairment>;
  /** Whether all round trips must be known before the scenario begins, because it looks at routes. */
  readonly settledLinks?: boolean;
  /** Further environment variables of every node. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface LabOptions {
  readonly seed: number;
  readonly needs: LabNeeds;
  /** Called with what a scenario reports about its progress. */
  readonly note: (text: string) => void;
}

/** These ports follow those of the cluster. */
const SEPARATE_REDIS_OFFSET = PORTS_OF_A_CLUSTER;
const REDIS_PROXY_OFFSET = PORTS_OF_A_CLUSTER + 1;
/**
 * A link may measure this much more than the round trip of its path before the route through a third region looks shorter. It is less than
 * the cost of a hop.
 */
const SPARE_MS = 15;
/** The name of the proxy in front of Redis. */
export const REDIS_PROXY = 'redis';
/** Nodes that share two cores are late now and then, which is not what the scenarios are about. */
const PATIENT_NODE = { CAUSEWAY_MAX_EVENT_LOOP_DELAY_MS: '10000', CAUSEWAY_GEOIP: 'off' };

/** The unprivileged user that the smaller side of a divided network runs as. */
export const MINORITY_UID = 65_534;

export class Lab {
  readonly cluster: RunningCluster;
  /** The processes of the publishers, and of the watchers. */
  readonly sources: AskedChild<ClientVerbs>;
  readonly watchers: AskedChild<ClientVerbs>;
  readonly note: (text: string) => void;
  readonly #redis: RedisServer | WatchedRedis | undefined;
  #app: App;

  private constructor(cluster: RunningCluster, note: LabOptions['note'], redis: RedisServer | WatchedRedis | undefined) {
    this.cluster = cluster;
    this.#app = cluster.app;
    this.note = note;
    this.#redis = redis;
    this.sources = new AskedChild({ name: 'sources', program: new URL('../clients/client-main.ts', import.meta.url) });
    this.watchers = new AskedChild({ name: 'watchers', program: new URL('../clients/client-main.ts', import.meta.url) });
  }

  /** Runs a function with a lab that is removed afterwards in any case. */
  static async with<Result>(options: LabOptions, use: (lab: Lab) => Promise<Result>): Promise<Result> {
    const lab = await Lab.#open(options);
    try {
      return await use(lab);
    } finally {
      await lab.#close();
    }
  }

  static async #open({ seed, needs, note }: LabOptions): Promise<Lab> {
    const basePort = await findFreeBasePort(seededRandom(Date.now()));
    const redis = await startSeparateRedis(needs, basePort + SEPARATE_REDIS_OFFSET);
    const redisUrl = needs.redis === 'proxied' ? `redis://127.0.0.1:${basePort + REDIS_PROXY_OFFSET}` : redis?.url;
    const cluster = await RunningCluster.start({
      basePort,
      seed,
      isImpairable: true,
      ...(needs.minority === undefined ? {} : { uids: { [needs.minority]: MINORITY_UID } }),
      ...(needs.impairment === undefined ? {} : { impairment: needs.impairment }),
      environment: { ...PATIENT_NODE, ...needs.environment },
      ...(redisUrl === undefined ? {} : { redisUrl }),
      ...(needs.redis === 'proxied'
        ? { redisProxy: { name: REDIS_PROXY, port: basePort + REDIS_PROXY_OFFSET, targetPort: basePort + SEPARATE_REDIS_OFFSET } }
        : {}),
    }).catch(async (error: unknown) => {
      await redis?.stop();
      throw error;
    });
    const lab = new Lab(cluster, note, redis);
    try {
      const { delayMs = 0 } = needs.impairment ?? {};
      if (delayMs > 0) await cluster.network.ask('impairApi', { impairment: { delayMs, state: 'open' } });
      if (needs.settledLinks === true) await cluster.settleLinks(4 * delayMs + SPARE_MS);
    } catch (error) {
      await lab.#close();
      throw error;
    }
    return lab;
  }

  /** The Redis of a scenario without Sentinel. */
  get redis(): RedisServer {
    const redis = this.cluster.redis ?? this.#redis;
    if (redis instanceof RedisServer) return redis;
    throw new Error('This lab has no single Redis');
  }

  get watchedRedis(): WatchedRedis {
    if (this.#redis instanceof WatchedRedis) return this.#redis;
    throw new Error('This lab has no Sentinels');
  }

  /** Makes clients that join from now on use another app than the one that the nodes are configured with. */
  useApp(app: App): void {
    this.#app = app;
  }

  address(region: string): SfuAddress {
    return { url: this.cluster.node(region).plan.url, ...this.#app };
  }

  api(region: string): NodeApi {
    return new NodeApi(this.address(region));
  }

  /** Returns the API as the bearer of a token may use it. */
  apiWith(region: string, token: string): NodeApi {
    return new NodeApi({ ...this.address(region), secret: token });
  }

  async #close(): Promise<void> {
    await Promise.all([this.sources.child.kill(), this.watchers.child.kill()]);
    await this.cluster.stop();
    await this.#redis?.stop();
  }
}

async function startSeparateRedis({ redis, minority }: LabNeeds, port: number): Promise<RedisServer | WatchedRedis | undefined> {
  const separation = minority === undefined ? {} : { masterUid: MINORITY_UID };
  if (redis === 'watched') return WatchedRedis.start({ replicas: 1, firstPort: port, ...separation });
  return redis === 'proxied' || redis === 'durable' ? RedisServer.start({ port, isDurable: redis === 'durable' }) : undefined;
}

/** Checks a condition again and again until it holds. @returns how long that took; infinity if the deadline passed first */
export async function timeUntil(isMet: () => boolean | Promise<boolean>, deadlineMs: number, everyMs: number = 100): Promise<number> {
  const startedAtMs = performance.now();
  for (;;) {
    if (await isMet()) return performance.now() - startedAtMs;
    if (performance.now() - startedAtMs > deadlineMs) return Number.POSITIVE_INFINITY;
    await sleep(everyMs);
  }
}
