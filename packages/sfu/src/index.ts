export {
  type CarriedBytes,
  type CertificateFingerprint,
  DEFAULT_DATA_LIMITS,
  FIRST_FRAME_BOUNDS_MS,
  FORWARD_LATENCY_BOUNDS_MS,
  type HistogramBounds,
  type HistogramCounts,
  type IceCredentials,
} from '@causeway/media';
export type { AppUsage, AppUsagePart } from './app-usage.ts';
export { assembleSfu, type SfuAssembly } from './assemble-sfu.ts';
export type { CancelTimer, Clock } from './clock.ts';
export { checkMediaPort, createSfu, type JoinedCluster, type OpenedNode, type SfuOptions } from './create-sfu.ts';
export { SESSION_CLOSE_REASONS, type SessionCloseReason, type SfuEvent, type SfuWatcher, type TrackCloseReason } from './events.ts';
export type {
  LinkInspection,
  RelayInspection,
  SessionCensus,
  SfuInspection,
  ShardInspection,
  ShardObjects,
  UdpCensus,
} from './inspection.ts';
export { createNodeClock } from './io/node-clock.ts';
export { openFilesLimit } from './io/process-load.ts';
export { MAX_SHARDS, shardNoOf } from './negotiation/index.ts';
export * from './nodes/index.ts';
export { ADMISSION_REFUSALS, type AdmissionRefusal, DEFAULT_OVERLOAD_LIMITS, type OverloadLimits } from './overload/admission.ts';
export { type AppBounds, type AppRefusal, defaultAppBounds, type QuotaState } from './overload/app-shares.ts';
export { type EntranceReport, type NodeLoad, TIMER_DELAY_BOUNDS_MS } from './overload/entrance.ts';
export type { LoadSample, LoadSource } from './overload/load-source.ts';
export type { Random } from './random.ts';
export * from './registry/index.ts';
export type { ClusterAssembly, LinkEvent } from './relay/cluster-assembly.ts';
export { LINK_VERSIONS, MAX_NODES } from './relay/links/control-messages.ts';
export type { RelayPrice } from './relay/path/link-state-teller.ts';
export { DEFAULT_MAX_FAN_OUT } from './relay/path/region-tree.ts';
export type * from './session/data/data-participant.ts';
export type { SessionOwner } from './session/session-access.ts';
export { JOIN_BOUNDS_MS } from './session/session-counters.ts';
export type { SessionLimits } from './session/session-parts.ts';
export type { Sfu, SfuStats } from './sfu.ts';
export { DEFAULT_WORKER_FILL_SHARE } from './shard/choose-shard.ts';
export type { ShardLoss } from './shard/shard-pool.ts';
export type { Shard, ShardAnswers, ShardQuestion } from './shard.ts';
