/** Starts the nodes of a cluster on loopback, with a Redis of their own. */

import { randomBytes } from 'node:crypto';
import { RedisServer } from '@causeway/lab';
import type { RunningSfu } from '../contestants/sfu-contestant.ts';
import type { RunningBench } from '../running-bench.ts';

const FIRST_NODE_NO = 101;
const CLUSTER_KEY_BYTES = 32;

/** Starts a node of the cluster. Clients stay on the node that they connect to, because loopback has no place on the map. */
export type StartMember = <Name extends string>(name: Name, options?: Readonly<Record<string, string>>) => Promise<RunningSfu<Name>>;

/** Nodes that share a Redis and a key, each in a region of its own. */
export class StartedCluster {
  readonly #bench: RunningBench;
  readonly #redisUrl: string;
  readonly #clusterKey = randomBytes(CLUSTER_KEY_BYTES).toString('hex');
  #nodes = 0;

  constructor(bench: RunningBench, redisUrl: string) {
    this.#bench = bench;
    this.#redisUrl = redisUrl;
  }

  readonly startMember: StartMember = (name, options = {}) => {
    const place = this.#nodes++;
    return this.#bench.startNode(name, {
      CAUSEWAY_NODE: String(FIRST_NODE_NO + place),
      CAUSEWAY_REGION: `bench-${place + 1}`,
      CAUSEWAY_REDIS_URL: this.#redisUrl,
      CAUSEWAY_CLUSTER_KEY: this.#clusterKey,
      CAUSEWAY_GEOIP: 'off',
      ...options,
    });
  };
}

/** Runs a measurement with a cluster whose nodes it starts. */
export async function withCluster<Result>(bench: RunningBench, measure: (startMember: StartMember) => Promise<Result>): Promise<Result> {
  const redis = await RedisServer.start();
  try {
    return await measure(new StartedCluster(bench, redis.url).startMember);
  } finally {
    await redis.stop();
  }
}
