/** What the main thread and the thread of a shard say to each other: plain data, in order. */
import type { AccountUsage, EngineListener, LinkStatistics } from '@causeway/media';
import type { LocalCertificate } from '@causeway/secure';
import type { ShardInspection } from '../inspection.ts';
import type { LoadSample } from '../overload/load-source.ts';
import type { Shard } from '../shard.ts';
import type { LinkMemory, NeighbourChannel } from './neighbour.ts';

/** Verbs of a shard that return nothing, in the order of `Shard`. */
export const SHARD_VERBS = [
  'openTransport',
  'restartIce',
  'closeTransport',
  'putPublisherTrack',
  'removePublisherTrack',
  'putSubscriberTrack',
  'removeSubscriberTrack',
  'openDataChannel',
  'sendData',
  'forgetHistories',
] as const;

export type ShardVerb = (typeof SHARD_VERBS)[number];

export type ShardCall = { readonly [Verb in ShardVerb]: { readonly verb: Verb; readonly args: Parameters<Shard[Verb]> } }[ShardVerb];

/** What engines tell of themselves; that output waits is the thread's own business. */
export type ShardEventName = Exclude<keyof EngineListener, 'onOutputReady'>;

export type ShardEvent = {
  readonly [Name in ShardEventName]: { readonly event: Name; readonly args: Parameters<EngineListener[Name]> };
}[ShardEventName];

/** Questions, and what is answered. */
export interface ShardAnswers {
  readonly inspect: ShardInspection;
  readonly linkStatistics: readonly LinkStatistics[];
  readonly takeUsage: readonly AccountUsage[];
  /** Nothing: everything said before has been done. */
  readonly settled: undefined;
}

/** All that a shard's thread is started with. */
export interface WorkerStart {
  readonly shardNo: number;
  /** Literal addresses, and a port that nobody but the shards of this process has. */
  readonly addresses: readonly string[];
  readonly port: number;
  readonly connectPaths: boolean;
  readonly maxConnectedSockets: number;
  /** Of the node: the same for all its shards. */
  readonly certificate: LocalCertificate;
  readonly maxMemoryBytes: number;
}

export type ToWorker =
  | { readonly type: 'call'; readonly call: ShardCall }
  | { readonly type: 'ask'; readonly id: number; readonly question: keyof ShardAnswers }
  | { readonly type: 'meet'; readonly channel: NeighbourChannel }
  | { readonly type: 'part'; readonly neighbourNo: number }
  | { readonly type: 'open-link'; readonly neighbourNo: number; readonly transportId: string; readonly memory: LinkMemory }
  | { readonly type: 'close' };

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'event'; readonly event: ShardEvent }
  | { readonly type: 'answer'; readonly id: number; readonly answer: ShardAnswers[keyof ShardAnswers] }
  /** The thread's event loop turns. */
  | { readonly type: 'beat' }
  | { readonly type: 'load'; readonly load: LoadSample };
