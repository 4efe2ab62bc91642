export { type CallClaims, MemoryCallClaims } from './claims/call-claims.ts';
export type { Cluster, ClusterEvent, ClusterOptions, ClusterStatistics } from './cluster.ts';
export { createCluster } from './create-cluster.ts';
export type { AppEventLog, AppendReceipt, EventBatch, LogEntry, LogReading, OutgoingEvent } from './events/app-event-log.ts';
export * from './geo/index.ts';
export { parseRedisUrl } from './redis/redis-target.ts';
export { MIN_CLUSTER_KEY_LENGTH } from './trust/cluster-keys.ts';
export { DerivedLinkTrust } from './trust/derived-link-trust.ts';
export { SignedAssertionTrust } from './trust/signed-assertion-trust.ts';
