import type { NodeRecord } from '@causeway/sfu';
import { beginLife } from './begin-life.ts';
import type { Cluster, ClusterOptions } from './cluster.ts';
import { ClusterMember } from './cluster-member.ts';
import { createNodeScripts } from './nodes/node-scripts.ts';
import { connectRedis } from './redis/connect-redis.ts';
import { IoredisLink } from './redis/ioredis-link.ts';
import { parseRedisUrl } from './redis/redis-target.ts';
import { persistFor } from './redis/until-answered.ts';
import { ClusterClock } from './time/cluster-clock.ts';
import { deriveClusterKeys } from './trust/cluster-keys.ts';

const START_TIMEOUT_MS = 30_000;

/**
 * Joins the cluster: the node gets its epoch and its lease from Redis, and knows the other nodes when this resolves.
 *
 * @throws Error if the URL or the key cannot be used, Redis does not answer for `startTimeoutMs`, or another live node
 * has this number
 */
export async function createCluster(options: ClusterOptions): Promise<Cluster> {
  const { clock, startTimeoutMs = START_TIMEOUT_MS } = options;
  const keys = deriveClusterKeys(options.clusterKey);
  const nodesLink = openLink('nodes', options);
  const link = openLink('registry', options);
  const persist = persistFor(startTimeoutMs, clock);
  let member: ClusterMember | undefined;
  try {
    const scripts = createNodeScripts(nodesLink);
    const clusterClock = new ClusterClock(() => clock.nowMs());
    const { epoch, redisNowMs } = await beginLife({ scripts, key: keys.nodeRecords, self: options.self, clock, timeoutMs: startTimeoutMs });
    clusterClock.set(redisNowMs);
    const self: NodeRecord = { ...options.self, epoch, state: 'serving', load: 0 };
    member = new ClusterMember({ options, self, keys, clusterClock, scripts, nodesLink, link });
    await member.start(persist);
    return member;
  } catch (error) {
    await member?.close();
    nodesLink.close();
    link.close();
    throw error;
  }
}

function openLink(connection: string, { redisUrl, connect, clock, onEvent, self }: ClusterOptions): IoredisLink {
  const name = `causeway-${self.nodeNo}-${connection}`;
  return new IoredisLink(connect?.(name) ?? connectRedis(parseRedisUrl(redisUrl), name, Math.random), {
    timers: clock,
    onAvailable: () => onEvent?.({ type: 'redis.available', connection }),
    onUnavailable: (error) => onEvent?.({ type: 'redis.unavailable', connection, error }),
  });
}
