import type { KeyObject } from 'node:crypto';
import { SfuError } from '@causeway/protocol';
import type { NodeRecord } from '@causeway/sfu';
import { RedisAppStore } from './apps/redis-app-store.ts';
import { RedisCallClaims } from './claims/redis-call-claims.ts';
import type { Cluster, ClusterOptions } from './cluster.ts';
import type { ClusterStatistics } from './cluster-statistics.ts';
import { LivingNodes } from './nodes/living-nodes.ts';
import { readNodeRecord } from './nodes/node-record-text.ts';
import { createNodeScripts, type NodeScripts, type NodeUpReply } from './nodes/node-scripts.ts';
import { RedisNodeDirectory } from './nodes/redis-node-directory.ts';
import { connectRedis } from './redis/connect-redis.ts';
import { IoredisLink } from './redis/ioredis-link.ts';
import { parseRedisUrl, type RedisTarget } from './redis/redis-target.ts';
import { type ClusterRegistry, createClusterRegistry } from './registry/create-registry.ts';
import { ClusterClock } from './time/cluster-clock.ts';
import { type ClusterKeys, deriveClusterKeys } from './trust/cluster-keys.ts';
import { DerivedLinkTrust } from './trust/derived-link-trust.ts';
import { SignedAssertionTrust } from './trust/signed-assertion-trust.ts';
import { RedisUsageLedger } from './usage/redis-usage-ledger.ts';

const START_TIMEOUT_MS = 30_000;
const START_RETRY_MS = 200;

/**
 * Makes this node one of many: it gets its epoch from Redis and its lease, and sees the others when this resolves.
 *
 * @throws Error – the URL or the key cannot be used, or Redis has not answered for `startTimeoutMs`
 */
export async function createCluster(options: ClusterOptions): Promise<Cluster> {
  const target = parseRedisUrl(options.redisUrl);
  const keys = deriveClusterKeys(options.clusterKey);
  // Leases are not kept waiting by thousands of other calls on the same connection.
  const nodesLink = openLink(target, 'nodes', options);
  const link = openLink(target, 'registry', options);
  try {
    const scripts = createNodeScripts(nodesLink);
    const clusterClock = new ClusterClock(() => options.clock.nowMs());
    const { epoch, redisNowMs } = await beginLife(scripts, keys.nodeRecords, options);
    clusterClock.set(redisNowMs);
    const self: NodeRecord = { ...options.self, epoch, state: 'serving', load: 0 };
    return await join({ options, keys, self, scripts, clusterClock, nodesLink, link });
  } catch (error) {
    nodesLink.close();
    link.close();
    throw error;
  }
}

interface Membership {
  readonly options: ClusterOptions;
  readonly keys: ClusterKeys;
  readonly self: NodeRecord;
  readonly scripts: NodeScripts;
  readonly clusterClock: ClusterClock;
  readonly nodesLink: IoredisLink;
  readonly link: IoredisLink;
}

async function join({ options, keys, self, scripts, clusterClock, nodesLink, link }: Membership): Promise<Cluster> {
  const { clock, apps, isMediaAlive } = options;
  const appStore = new RedisAppStore({ link, apps, nowMs: () => clock.nowMs() });
  // Redis away: it is done again when it is back.
  const writeApps = (): void => void appStore.writeConfigured().catch(() => {});
  const tell = (event: Parameters<NonNullable<ClusterOptions['onEvent']>>[0]): void => options.onEvent?.(event);
  const directory = new RedisNodeDirectory({
    self,
    link: nodesLink,
    scripts,
    timers: clock,
    clusterClock,
    key: keys.nodeRecords,
    isMediaAlive,
    onSuperseded(byEpoch) {
      tell({ type: 'node.superseded', byEpoch });
      options.onSuperseded();
    },
    onRevived(cause) {
      tell({ type: 'node.revived', cause });
      registry.noteRevived();
      writeApps();
    },
    onStalled: () => tell({ type: 'node.stalled' }),
  });
  const living = new LivingNodes({ directory, refresh: () => directory.refresh(), nowMs: () => clock.nowMs() });
  const registry: ClusterRegistry = createClusterRegistry({
    link,
    directory,
    living,
    timers: clock,
    onRestored: (appId, sessions) => tell({ type: 'registry.restored', appId, sessions }),
    onSwept: ({ nodeNo, epoch }, sessions) => tell({ type: 'registry.swept', nodeNo, epoch, sessions }),
  });
  link.onReady(writeApps);
  writeApps();
  await directory.start().catch(async (error: unknown) => {
    await registry.stop();
    throw error;
  });
  let closing: Promise<void> | undefined;
  return {
    registry: registry.registry,
    directory,
    linkTrust: new DerivedLinkTrust(keys.linkCredentials),
    assertionTrust: new SignedAssertionTrust(keys.callAssertions),
    appStore,
    callClaims: new RedisCallClaims(link),
    usageLedger: new RedisUsageLedger(link),
    get statistics(): ClusterStatistics {
      return {
        nodeRecordsRefused: directory.recordsRefused,
        redisFailures: nodesLink.failures + link.failures,
        isRedisGivenUp: link.isGivenUp,
        sessionsToRestore: registry.outstanding,
      };
    },
    close() {
      closing ??= leave({ registry, directory, nodesLink, link });
      return closing;
    },
  };
}

interface Parting {
  readonly registry: ClusterRegistry;
  readonly directory: RedisNodeDirectory;
  readonly nodesLink: IoredisLink;
  readonly link: IoredisLink;
}

async function leave({ registry, directory, nodesLink, link }: Parting): Promise<void> {
  await Promise.all([registry.stop(), directory.close()]);
  nodesLink.close();
  link.close();
}

function openLink(target: RedisTarget, connection: string, { clock, onEvent, self }: ClusterOptions): IoredisLink {
  return new IoredisLink(connectRedis(target, `causeway-${self.nodeNo}-${connection}`, Math.random), {
    timers: clock,
    onAvailable: () => onEvent?.({ type: 'redis.available', connection }),
    onUnavailable: (error) => onEvent?.({ type: 'redis.unavailable', connection, error }),
  });
}

/** There is no node without an epoch, so this waits for Redis; and for another node of this number to end, since numbers are in ids. */
async function beginLife(scripts: NodeScripts, key: KeyObject, options: ClusterOptions): Promise<NodeUpReply> {
  const { clock, self, startTimeoutMs = START_TIMEOUT_MS } = options;
  const deadlineMs = clock.nowMs() + startTimeoutMs;
  for (;;) {
    const obstacle = await findObstacle(scripts, key, self);
    if (obstacle === undefined) return scripts.up(self.nodeNo);
    if (clock.nowMs() > deadlineMs) throw new Error(`gave up after ${startTimeoutMs / 1000} s: ${obstacle}`);
    await new Promise<void>((resolve) => void clock.schedule(START_RETRY_MS, resolve));
  }
}

/** A process that takes the place of one that died has its URL; one with another URL was given its number by mistake. */
async function findObstacle(scripts: NodeScripts, key: KeyObject, self: ClusterOptions['self']): Promise<string | undefined> {
  try {
    const { leases, records, redisNowMs } = await scripts.readTable('0');
    const lease = leases.find(({ nodeNo }) => nodeNo === self.nodeNo);
    const text = records.find(({ nodeNo }) => nodeNo === self.nodeNo)?.text ?? '';
    const holder = lease !== undefined && lease.endsAtMs > redisNowMs ? readNodeRecord(text, redisNowMs, key) : undefined;
    if (holder === undefined || holder.apiUrl === self.apiUrl) return undefined;
    return `node number ${self.nodeNo} is that of the node at ${holder.apiUrl}: every node needs its own`;
  } catch (error) {
    if (error instanceof SfuError) return `Redis does not answer: ${reasonOf(error)}`;
    throw new Error('Redis answers, but not as it should; version 7 or newer is needed', { cause: error });
  }
}

/** Of the connection, so that a wrong address and a wrong password can be told apart. */
function reasonOf({ cause }: SfuError): string {
  const { message, code } = Object(cause) as { readonly message?: unknown; readonly code?: unknown };
  return String(message || code || 'there is no connection');
}
