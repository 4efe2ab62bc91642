import type { KeyObject } from 'node:crypto';
import type { AppStore, AssertionTrust, OwnApps, QuotaLedger, Revocations, UsageLedger } from '@causeway/accounts';
import type { Clock, LinkTrust, NodeDirectory, NodeRecord, Registry } from '@causeway/sfu';
import type { AppRecordDefect } from './apps/app-record.ts';
import type { AppLookUpOutcome, AppRecordRefusal } from './apps/redis-app-store.ts';
import type { CallClaims } from './claims/call-claims.ts';
import type { AppEventLog } from './events/app-event-log.ts';
import type { RedisConnection } from './redis/redis-connection.ts';
import type { UsageDrain, UsageSink } from './usage/usage-drain.ts';

/** What a node notices of its cluster, for logs. */
export type ClusterEvent =
  /** The connection was lost, is not answered, or is there again. */
  | { readonly type: 'redis.unavailable'; readonly connection: string; readonly error: unknown }
  | { readonly type: 'redis.available'; readonly connection: string }
  /** The lease ended while this process was suspended, or Redis lost it: the node was gone for the others and is back. */
  | { readonly type: 'node.revived'; readonly cause: 'lapsed' | 'lost' }
  | { readonly type: 'node.superseded'; readonly byEpoch: number }
  /** The media loop does not tick: the lease is left to end. */
  | { readonly type: 'node.stalled' }
  /** Redis does not accept the renewal of this node's lease, and so perhaps of no node's. Until it does, no node is considered dead. */
  | { readonly type: 'lease.unrenewed'; readonly error: unknown }
  /** What other nodes revoke cannot be read, or can be again. */
  | { readonly type: 'revocations.unknown'; readonly error: unknown }
  | { readonly type: 'revocations.known' }
  /** The record of an app that this node is configured with was not to be believed, and is written again. */
  | { readonly type: 'app.restored'; readonly appId: string; readonly defect: AppRecordDefect }
  /** Records of this node's sessions were missing in Redis and have been written again. */
  | { readonly type: 'registry.restored'; readonly appId: string; readonly sessions: number }
  /** Records that a dead node had left in Redis are gone. */
  | { readonly type: 'registry.swept'; readonly nodeNo: number; readonly epoch: number; readonly sessions: number };

/** Counters since the start, for metrics. */
export interface ClusterStatistics {
  /** Node records that were not signed with the cluster key, too old, or not understood. */
  readonly nodeRecordsRefused: number;
  /** Records of apps that were not believed, by why. */
  readonly appRecordsRefused: Readonly<Record<AppRecordRefusal, number>>;
  /** Apps that were looked up in Redis, by what came of it. */
  readonly appLookUps: Readonly<Record<AppLookUpOutcome, number>>;
  /** Revocations of tokens that no node of this cluster has signed. */
  readonly revocationsRefused: number;
  readonly redisFailures: number;
  /** Whether calls to Redis are refused without being tried, because too many of them failed. */
  readonly isRedisGivenUp: boolean;
  /** Sessions whose records in Redis are known to be behind, or may be. */
  readonly sessionsToRestore: number;
}

/** What a node needs to join a cluster. */
export interface ClusterOptions {
  /**
   * `redis://…` or `rediss://…` for one server, `redis+sentinel://host:26379,host:26379/master-name` for those that Sentinel watches,
   * `redis+cluster://host:6379,host:6379` for Redis Cluster.
   */
  readonly redisUrl: string;
  /** At least `MIN_CLUSTER_KEY_LENGTH` characters that only the nodes know. */
  readonly clusterKey: string;
  /** What this node tells about itself; epoch, state and load are the cluster's to add. */
  readonly self: Omit<NodeRecord, 'epoch' | 'state' | 'load'>;
  /** Whether the media loop has ticked lately. The lease is renewed only while it has: a node that hangs must lose it. */
  readonly isMediaAlive: () => boolean;
  /** The apps of this node's configuration and books: they are found without Redis, and written to it for the others. */
  readonly apps: OwnApps;
  readonly clock: Clock;
  /** Called once, when a newer life of this node number has begun: close all sessions and exit. */
  readonly onSuperseded: () => void;
  readonly onEvent?: (event: ClusterEvent) => void;
  /** Opens one of the connections that a node has. Default: one of ioredis, to `redisUrl`. */
  readonly connect?: (name: string) => RedisConnection;
  /** Calls back when all that has been asked for by now has been asked for. Default: `process.nextTick`. */
  readonly nextTurn?: (callback: () => void) => void;
  /** How long to wait for Redis at the start, since there is no epoch without it. Default 30 s. */
  readonly startTimeoutMs?: number;
}

/** What a node needs to be one of many. */
export interface Cluster {
  readonly registry: Registry;
  readonly directory: NodeDirectory;
  readonly linkTrust: LinkTrust;
  readonly assertionTrust: AssertionTrust;
  readonly appStore: AppStore;
  readonly callClaims: CallClaims;
  readonly usageLedger: UsageLedger;
  readonly quotaLedger: QuotaLedger;
  readonly eventLog: AppEventLog;
  readonly revocations: Revocations;
  /** What the keys that sign tokens are made of; the same on all nodes. */
  readonly tokenSecret: KeyObject;
  /** What the authority of the ledger is made of; the same on all nodes. */
  readonly ledgerSecret: KeyObject;
  readonly statistics: ClusterStatistics;
  /** Milliseconds since 1970 by Redis's clock, which is the same for all nodes; it continues while Redis is unavailable. */
  redisNowMs(): number;
  /** Brings what all nodes count to the books of this one, until it is stopped. */
  drainUsage(sink: UsageSink): UsageDrain;
  /** Says goodbye to the others and releases connections and timers. Close the sessions first. May be called again. */
  close(): Promise<void>;
}
