export type { DataChannelInfo, DataChannelRequest, DataKind, DataMessage, DataTerms } from './data/data-channel.ts';
export { DataChannels } from './data/data-channels.ts';
export type { DataChannelsListener, DataChannelsOptions } from './data/data-channels-options.ts';
export { createDataCounters, type DataCounters } from './data/data-counters.ts';
export type * from './data/data-plan.ts';
export { type DatagramSink, Path, type PathOwner, type PlainSink, SEND_KIND_NAMES, SendKind, UNKNOWN_ECN } from './demux/path.ts';
export { DROP_REASON_NAMES, DropReason } from './drop-reason.ts';
export { classifyDatagram, Engine } from './engine.ts';
export type { EngineOptions } from './engine-context.ts';
export type * from './engine-messages.ts';
export {
  FIRST_FRAME_BOUNDS_MS,
  FORWARD_LATENCY_BOUNDS_MS,
  ForwardLatency,
  Histogram,
  type HistogramBounds,
  type HistogramCounts,
} from './latencies.ts';
export { madeOnce, sharedByText } from './made-once.ts';
export type { MeteringBalance } from './metering-balance.ts';
export * from './plan.ts';
export type { QualitySample } from './quality/quality-history.ts';
export * from './secure-endpoint.ts';
export type { EngineCensus } from './snapshot.ts';
export { DominantSpeaker } from './speech/dominant-speaker.ts';
export type { SpeechReading } from './speech/speech-meter.ts';
export type * from './statistics.ts';
export type { TrafficCounters } from './statistics.ts';
export { type Timer, Timers } from './timers.ts';
export type { AccountUsage, CarriedBytes, CarriedKind, UsagePart } from './usage-tally.ts';
