import type { KeyObject } from 'node:crypto';
import type { App, AppStore, AssertionTrust, Revocations, UsageLedger } from '@causeway/accounts';
import type { Clock, LinkTrust, NodeDirectory, NodeRecord, Registry } from '@causeway/sfu';
import type { CallClaims } from './claims/call-claims.ts';
import type { ClusterEvent } from './cluster-event.ts';
import type { ClusterStatistics } from './cluster-statistics.ts';

export interface ClusterOptions {
  /**
   * `redis://…` or `rediss://…` for one server, `redis+sentinel://host:26379,host:26379/master-name` for those that Sentinel watches,
   * `redis+cluster://host:6379,host:6379` for Redis Cluster.
   */
  readonly redisUrl: string;
  /** At least `MIN_CLUSTER_KEY_LENGTH` characters that all nodes know and nobody else. */
  readonly clusterKey: string;
  /** What this node tells about itself; epoch, state and load are the cluster's to add. */
  readonly self: Omit<NodeRecord, 'epoch' | 'state' | 'load'>;
  /** Whether the media loop has ticked lately. The lease is renewed only while it has: a node that hangs must lose it. */
  readonly isMediaAlive: () => boolean;
  /** Apps that this node is configured with: they are found without Redis, and written to it for the others. */
  readonly apps: readonly App[];
  readonly clock: Clock;
  /** Called once, when a newer life of this node number has begun: close all sessions and exit. */
  readonly onSuperseded: () => void;
  readonly onEvent?: (event: ClusterEvent) => void;
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
  readonly revocations: Revocations;
  /** What the keys that sign tokens are made of; the same on all nodes. */
  readonly tokenSecret: KeyObject;
  readonly statistics: ClusterStatistics;
  /** Milliseconds since 1970 by Redis's clock, which is the same for all nodes; it goes on while Redis is away. */
  redisNowMs(): number;
  /** Says goodbye to the others and releases connections and timers. Close the sessions first. May be called again. */
  close(): Promise<void>;
}
