export type { EngineCensus } from './census.ts';
export type { Allocator, Estimator, Pacer } from './congestion/index.ts';
export { type DatagramSink, Path } from './demux/path.ts';
export { DROP_REASON_NAMES, DropReason } from './drop-reason.ts';
export { Engine, type EngineOptions } from './engine.ts';
export * from './plan.ts';
export * from './secure-endpoint.ts';
export type * from './stats.ts';
export type { TrafficCounters } from './traffic-counters.ts';
