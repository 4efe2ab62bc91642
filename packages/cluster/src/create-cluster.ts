import type { KeyObject } from 'node:crypto';
import { SfuError } from '@causeway/protocol';
import { type Clock, MAX_NODES, type NodeRecord } from '@causeway/sfu';
import type { Cluster, ClusterOptions } from './cluster.ts';
import { ClusterMember } from './cluster-member.ts';
import { readNodeRecord } from './nodes/node-record-text.ts';
import { createNodeScripts, type NodeScripts, type NodeUpReply } from './nodes/node-scripts.ts';
import { connectRedis } from './redis/connect-redis.ts';
import { IoredisLink } from './redis/ioredis-link.ts';
import { parseRedisUrl } from './redis/redis-target.ts';
import { persistFor, reasonOf } from './redis/until-answered.ts';
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

export interface BeginLifeOptions {
  readonly scripts: NodeScripts;
  /** Signs node records. */
  readonly key: KeyObject;
  readonly self: Pick<NodeRecord, 'nodeNo' | 'apiUrl'>;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

const RETRY_MS = 200;

/**
 * Starts a new life of this node. That requires an epoch, so it waits for Redis. It also waits until no other node has
 * this number, since session ids contain it.
 *
 * @throws Error if it does not succeed in time; the message says what it waited for
 */
async function beginLife({ scripts, key, self, clock, timeoutMs }: BeginLifeOptions): Promise<NodeUpReply> {
  const deadlineMs = clock.nowMs() + timeoutMs;
  for (;;) {
    const outcome = await tryToBegin(scripts, key, self);
    if (typeof outcome !== 'string') return outcome;
    if (clock.nowMs() > deadlineMs) throw new Error(`gave up after ${timeoutMs / 1000} s: ${outcome}`);
    await new Promise<void>((resolve) => void clock.schedule(RETRY_MS, resolve));
  }
}

/** @returns the reason why it cannot begin yet, if that may pass */
async function tryToBegin(scripts: NodeScripts, key: KeyObject, self: BeginLifeOptions['self']): Promise<NodeUpReply | string> {
  try {
    return (await findObstacle(scripts, key, self)) ?? (await scripts.up(self.nodeNo));
  } catch (error) {
    if (error instanceof SfuError) return `Redis does not answer: ${reasonOf(error)}`;
    throw new Error('Redis gave an unexpected answer; version 7 or newer is required', { cause: error });
  }
}

async function findObstacle(
  scripts: NodeScripts,
  key: KeyObject,
  { nodeNo, apiUrl }: BeginLifeOptions['self'],
): Promise<string | undefined> {
  const { leases, records, redisNowMs } = await scripts.readTable('0');
  const living = leases.filter(({ endsAtMs }) => endsAtMs > redisNowMs);
  const others = living.filter((lease) => lease.nodeNo !== nodeNo).length;
  if (others >= MAX_NODES) return `the cluster has ${others} live nodes, and the maximum is ${MAX_NODES}`;
  if (others === living.length) return undefined;
  const text = records.find((row) => row.nodeNo === nodeNo)?.text ?? '';
  const holder = readNodeRecord(text, redisNowMs, key);
  if (holder === undefined)
    return `node number ${nodeNo} is that of a living node whose record cannot be read: do they share key and version?`;
  // A process that replaces one that died has the same URL. A different URL means that the number was assigned twice.
  return holder.apiUrl === apiUrl ? undefined : `node number ${nodeNo} is that of the node at ${holder.apiUrl}: every node needs its own`;
}
