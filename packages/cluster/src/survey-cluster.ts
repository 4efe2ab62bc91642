/** Examines the Redis of a cluster and the nodes in it, without joining the cluster. */
import type { NodeRecord } from '@causeway/sfu';
import { createNodeClock } from '@causeway/sfu';
import { readNodeRecord } from './nodes/node-record-text.ts';
import { createNodeScripts } from './nodes/node-scripts.ts';
import { connectRedis } from './redis/connect-redis.ts';
import { IoredisLink } from './redis/ioredis-link.ts';
import { NODE_KEYS } from './redis/keys.ts';
import type { RedisCommand } from './redis/redis-link.ts';
import { parseRedisUrl } from './redis/redis-target.ts';
import { deriveClusterKeys } from './trust/cluster-keys.ts';

/** A live node. */
export interface SurveyedNode {
  readonly nodeNo: number;
  /** Undefined if the record was signed with another key, or this version does not understand it. */
  readonly record: NodeRecord | undefined;
}

/** The state of Redis and of the nodes. */
export interface ClusterSurvey {
  readonly redisVersion: string;
  /** How far Redis's clock is ahead of this machine's, in milliseconds; accurate to half a round trip. */
  readonly clockAheadMs: number;
  readonly isDurable: boolean;
  /** The value of `maxmemory-policy`. */
  readonly evictionPolicy: string;
  readonly hasPassword: boolean;
  /** Commands that nodes need but the Redis user may not run. */
  readonly deniedCommands: readonly string[];
  readonly nodes: readonly SurveyedNode[];
}

const CONNECT_WITHIN_MS = 2_000;
const PROBE_KEY = 'sfu:{:nodes}:doctor';
/** One command of each kind that nodes use. None of them leaves anything behind. */
const PROBES: readonly RedisCommand[] = [
  ['SET', PROBE_KEY, '1', 'EX', 1],
  ['HGET', NODE_KEYS.records, '0'],
  ['EVAL', 'return 1', 1, PROBE_KEY],
  ['PUBLISH', `${PROBE_KEY}:hints`, ''],
  ['XLEN', NODE_KEYS.revocations],
];

/** @throws Error if the URL or the key cannot be used, or Redis does not answer */
export async function surveyCluster(redisUrl: string, clusterKey: string): Promise<ClusterSurvey> {
  const keys = deriveClusterKeys(clusterKey);
  const target = parseRedisUrl(redisUrl);
  const client = connectRedis(target, 'causeway-doctor', Math.random);
  const link = new IoredisLink(client, { timers: createNodeClock() });
  try {
    await untilReady(link, client);
    const deniedCommands = await probe(link);
    const sentMs = Date.now();
    const { redisNowMs, leases, records } = await createNodeScripts(link).readTable('0');
    const clockAheadMs = redisNowMs - (sentMs + Date.now()) / 2;
    const info = String(await link.send(['INFO']));
    const field = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
    const living = leases.filter(({ endsAtMs }) => endsAtMs > redisNowMs);
    return {
      redisVersion: field('redis_version'),
      clockAheadMs,
      isDurable: field('aof_enabled') === '1',
      evictionPolicy: field('maxmemory_policy'),
      hasPassword: target.password !== undefined,
      deniedCommands,
      nodes: living.map(({ nodeNo }) => {
        const text = records.find((record) => record.nodeNo === nodeNo)?.text ?? '';
        return { nodeNo, record: readNodeRecord(text, redisNowMs, keys.nodeRecords) };
      }),
    };
  } finally {
    link.close();
  }
}

async function untilReady(
  link: IoredisLink,
  client: { readonly status: string; on(event: 'error', listener: (error: Error) => void): unknown },
) {
  let reason = 'it does not answer';
  client.on('error', (error) => {
    reason = error.message;
  });
  if (client.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(reason)), CONNECT_WITHIN_MS);
    link.onReady(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function probe(link: IoredisLink): Promise<readonly string[]> {
  const denied: string[] = [];
  for (const command of PROBES) {
    try {
      await link.send(command);
    } catch (error) {
      if (!String(error).includes('NOPERM')) throw error;
      denied.push(command[0]);
    }
  }
  return denied;
}
