export type { CallClaims } from './claims/call-claims.ts';
export { MemoryCallClaims } from './claims/memory-call-claims.ts';
export type { Cluster, ClusterOptions, OwnerLookup } from './cluster.ts';
export type { ClusterEvent } from './cluster-event.ts';
export type { ClusterStatistics } from './cluster-statistics.ts';
export * from './geo/index.ts';
export { MIN_CLUSTER_KEY_LENGTH } from './trust/cluster-keys.ts';
export { DerivedLinkTrust } from './trust/derived-link-trust.ts';
export { SignedAssertionTrust } from './trust/signed-assertion-trust.ts';
