import type { KeyObject } from 'node:crypto';
import type { AppStore, AssertionTrust, OwnApps, QuotaLedger, Revocations, UsageLedger } from '@causeway/accounts';
import type { Clock, LinkTrust, NodeDirectory, NodeRecord, Registry } from '@causeway/sfu';
import type { AppRecordDefect } from './apps/app-record.ts';
import type { AppLookUpOutcome, AppRecordRefusal } from './apps/redis-app-store.ts';
import type { CallClaims } from './claims/call-claims.ts';
import type { AppEventLog } from './events/app-event-log.ts';
import type { RedisConnection } from './redis/redis-link.ts';
import type { UsageDrain, UsageSink } from './usage/usage-drain.ts';

/** Notable events in a node's membership of its cluster, for logs. */
export type ClusterEvent =
  /** The connection was lost or does not answer, or works again. */
  | { readonly type: 'redis.unavailable'; readonly connection: string; readonly error: unknown }
  | { readonly type: 'redis.available'; readonly connection: string }
  /** The lease ended while this process was suspended, or Redis lost it. Other nodes considered this node dead until now. */
  | { readonly type: 'node.revived'; readonly cause: 'lapsed' | 'lost' }
  | { readonly type: 'node.superseded'; readonly byEpoch: number }
  /** The media loop does not run, so the lease is no longer renewed. */
  | { readonly type: 'node.stalled' }
  /** Redis refuses to renew this node's lease, and possibly those of all nodes. Until it accepts a renewal, no node is considered dead. */
  | { readonly type: 'lease.unrenewed'; readonly error: unknown }
  /** The revocations of other nodes cannot be read, or can be read again. */
  | { readonly type: 'revocations.unknown'; readonly error: unknown }
  | { readonly type: 'revocations.known' }
  /** The stored record of an app of this node's configuration was refused and is being rewritten. */
  | { readonly type: 'app.restored'; readonly appId: string; readonly defect: AppRecordDefect }
  /** Records of this node's sessions were missing in Redis and have been written again. */
  | { readonly type: 'registry.restored'; readonly appId: string; readonly sessions: number }
  /** The records that a dead node left in Redis were removed. */
  | { readonly type: 'registry.swept'; readonly nodeNo: number; readonly epoch: number; readonly sessions: number };

/** Counters since the start, for metrics. */
export interface ClusterStatistics {
  /** Node records that were not signed with the cluster key, were too old, or were not understood. */
  readonly nodeRecordsRefused: number;
  /** App records that were refused, by reason. */
  readonly appRecordsRefused: Readonly<Record<AppRecordRefusal, number>>;
  /** Look-ups of apps in Redis, by outcome. */
  readonly appLookUps: Readonly<Record<AppLookUpOutcome, number>>;
  /** Revocations of tokens that were not signed by a node of this cluster. */
  readonly revocationsRefused: number;
  readonly redisFailures: number;
  /** Whether calls to Redis fail immediately because too many of them have failed. */
  readonly isRedisGivenUp: boolean;
  /** Sessions whose records in Redis are known to be out of date, or may be. */
  readonly sessionsToRestore: number;
}

/** What a node needs to join a cluster. */
export interface ClusterOptions {
  /**
   * `redis://…` or `rediss://…` for a single server, `redis+sentinel://host:26379,host:26379/master-name` for servers
   * that Sentinel monitors, `redis+cluster://host:6379,host:6379` for Redis Cluster.
   */
  readonly redisUrl: string;
  /** A secret of at least `MIN_CLUSTER_KEY_LENGTH` characters that only the nodes know. */
  readonly clusterKey: string;
  /** This node's record. The cluster adds epoch, state and load. */
  readonly self: Omit<NodeRecord, 'epoch' | 'state' | 'load'>;
  /** Whether the media loop has run recently. The lease is renewed only while it has, so that a node that hangs loses its lease. */
  readonly isMediaAlive: () => boolean;
  /** The apps of this node's configuration and books. The node finds them without Redis, and writes them to Redis for the others. */
  readonly apps: OwnApps;
  readonly clock: Clock;
  /** Called once, when a newer life of this node number has begun. The node must close all sessions and exit. */
  readonly onSuperseded: () => void;
  readonly onEvent?: (event: ClusterEvent) => void;
  /** Opens one of the node's connections. Default: an ioredis client connected to `redisUrl`. */
  readonly connect?: (name: string) => RedisConnection;
  /** Calls back after all look-ups of the current turn have been requested. Default: `process.nextTick`. */
  readonly nextTurn?: (callback: () => void) => void;
  /** How long to wait for Redis at startup, which is required to get an epoch. Default 30 s. */
  readonly startTimeoutMs?: number;
}

/** The services that a node uses as part of a cluster. */
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
  /** The secret from which the token signing keys are derived; the same on all nodes. */
  readonly tokenSecret: KeyObject;
  /** The secret from which the ledger authority is derived; the same on all nodes. */
  readonly ledgerSecret: KeyObject;
  readonly statistics: ClusterStatistics;
  /** Milliseconds since 1970 by Redis's clock, which is the same for all nodes. It continues while Redis is unavailable. */
  redisNowMs(): number;
  /** Transfers the usage that all nodes count into the books of this node, until it is stopped. */
  drainUsage(sink: UsageSink): UsageDrain;
  /** Announces the node's departure and releases connections and timers. Close the sessions first. May be called more than once. */
  close(): Promise<void>;
}
