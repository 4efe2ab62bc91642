/** Nodes of one cluster as the bench starts them: on loopback, with a Redis of their own. */
import { randomBytes } from 'node:crypto';
import { RedisServer } from '@causeway/testkit/redis';
import type { RunningSfu } from '../contestants/sfu-contestant.ts';
import type { RunningBench } from '../running-bench.ts';

const FIRST_NODE_NO = 101;
const CLUSTER_KEY_BYTES = 32;

/** Starts a node of the cluster. Clients stay where they enter, since nobody knows where loopback is. */
export type StartMember = <Name extends string>(name: Name) => Promise<RunningSfu<Name>>;

/** Runs a measurement with a cluster that it starts the nodes of. */
export async function withCluster<Result>(bench: RunningBench, measure: (startMember: StartMember) => Promise<Result>): Promise<Result> {
  const redis = await RedisServer.start();
  const clusterKey = randomBytes(CLUSTER_KEY_BYTES).toString('hex');
  let nodes = 0;
  const startMember: StartMember = (name) =>
    bench.startNode(name, {
      CAUSEWAY_NODE: String(FIRST_NODE_NO + nodes++),
      CAUSEWAY_REGION: `bench-${nodes}`,
      CAUSEWAY_REDIS_URL: redis.url,
      CAUSEWAY_CLUSTER_KEY: clusterKey,
      CAUSEWAY_GEOIP: 'off',
    });
  try {
    return await measure(startMember);
  } finally {
    await redis.stop();
  }
}
