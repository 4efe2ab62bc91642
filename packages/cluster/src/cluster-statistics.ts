import type { AppLookUpOutcome, AppRecordRefusal } from './apps/redis-app-store.ts';

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
