/** Counters since the start, for metrics. */
export interface ClusterStatistics {
  /** Node records that were not signed with the cluster key, too old, or not understood. */
  readonly nodeRecordsRefused: number;
  readonly redisFailures: number;
  /** Whether calls to Redis are refused without being tried, because too many of them failed. */
  readonly isRedisGivenUp: boolean;
  /** Sessions whose records in Redis are known to be behind, or may be. */
  readonly sessionsToRestore: number;
}
