/**
 * Connects to Redis with options that, as experience has shown, make a client leave servers that are dead, frozen or no longer the master.
 */
import { Cluster, Redis, type RedisOptions, type SentinelConnectionOptions } from 'ioredis';
import type { RedisTarget } from './redis-target.ts';

export type RedisClient = Redis | Cluster;

/** How long a client waits for Redis before it gives up. */
export interface RedisTimeouts {
  readonly commandMs: number;
  /** The longest time without data after a command was sent. A frozen server still accepts connections, so silence must end the connection. */
  readonly silenceMs: number;
}

export const REDIS_TIMEOUTS: RedisTimeouts = { commandMs: 800, silenceMs: 2_000 };
const CONNECT_TIMEOUT_MS = 2_000;
const MIN_RETRY_MS = 100;
const MAX_RETRY_MS = 1_000;
/** Spreads reconnections, so that the nodes that lost a server do not all return in the same millisecond. */
const RETRY_JITTER = 0.5;
/** In a Redis Cluster, the first redirection finds a slot that has moved; the others wait for a server that fails over. */
const MAX_REDIRECTIONS = 4;
const KEEP_ALIVE_MS = 5_000;

/** @param random a number from 0 to 1, which spreads reconnections */
export function connectRedis(
  target: RedisTarget,
  connectionName: string,
  random: () => number,
  timeouts: RedisTimeouts = REDIS_TIMEOUTS,
): RedisClient {
  const options = clientOptions(target, connectionName, random, timeouts);
  switch (target.type) {
    case 'single':
      return new Redis({ ...options, ...target.address, db: target.database });
    case 'sentinel':
      return new Redis({ ...options, ...sentinelOptions(target, random, timeouts), db: target.database });
    case 'cluster': {
      const { retryStrategy, enableOfflineQueue: _, ...redisOptions } = options;
      return new Cluster([...target.nodes], {
        redisOptions,
        clusterRetryStrategy: retryDelay(random),
        clusterNodeRetryStrategy: retryStrategy ?? null,
        enableOfflineQueue: false,
        maxRedirections: MAX_REDIRECTIONS,
        slotsRefreshTimeout: timeouts.silenceMs,
      });
    }
  }
}

function clientOptions(
  { username, password, isTls }: RedisTarget,
  connectionName: string,
  random: () => number,
  timeouts: RedisTimeouts,
): RedisOptions & { replyMapping: 'legacy' } {
  return {
    // Maps are returned as lists of keys and values with either protocol version.
    replyMapping: 'legacy',
    connectionName,
    username,
    password,
    ...(isTls && { tls: {} }),
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: timeouts.silenceMs,
    commandTimeout: timeouts.commandMs,
    keepAlive: KEEP_ALIVE_MS,
    enableOfflineQueue: false,
    // A write that the client resends could arrive after a newer write. The sender repairs lost writes instead.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: retryDelay(random),
    // After a failover, the former master is a replica that still answers reads.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}

function sentinelOptions(
  target: Extract<RedisTarget, { type: 'sentinel' }>,
  random: () => number,
  timeouts: RedisTimeouts,
): Omit<SentinelConnectionOptions, 'replyMapping' | 'path'> {
  return {
    sentinels: target.sentinels.map((address) => ({ ...address })),
    name: target.masterName,
    ...(target.sentinelPassword !== undefined && { sentinelPassword: target.sentinelPassword }),
    ...(target.isTls && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
    // Without this, a client stays connected to a frozen master although Sentinel has promoted another.
    failoverDetector: true,
    sentinelCommandTimeout: timeouts.commandMs,
    sentinelRetryStrategy: retryDelay(random),
    sentinelReconnectStrategy: retryDelay(random),
  };
}

function retryDelay(random: () => number): (times: number) => number {
  return (times) => Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** Math.min(times, 10)) * (1 - RETRY_JITTER * random());
}
