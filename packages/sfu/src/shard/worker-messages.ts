/** The messages between the main thread and the thread of a shard: plain data, in order. */
import type { EngineCommand, EngineEvent } from '@causeway/media';
import type { LocalCertificate } from '@causeway/secure';
import type { LoadSample } from '../overload/load-source.ts';
import type { ShardAnswers } from '../shard.ts';
import type { LinkMemory, NeighbourChannel } from './neighbour.ts';

/** The questions that a shard's thread answers. */
export interface WorkerAnswers extends ShardAnswers {
  /** Has no value: the answer means that everything sent before has been done. */
  readonly settled: undefined;
}

export type WorkerQuestion = keyof WorkerAnswers;

/** The data with which a shard's thread is started. */
export interface WorkerStart {
  readonly shardNo: number;
  /** Literal addresses, and a port that only the shards of this process use. */
  readonly addresses: readonly string[];
  readonly port: number;
  readonly connectPaths: boolean;
  readonly maxConnectedSockets: number;
  /** The node's certificate, the same for all its shards. */
  readonly certificate: LocalCertificate;
  readonly maxMemoryBytes: number;
}

export type ToWorker =
  | { readonly type: 'command'; readonly command: EngineCommand }
  | { readonly type: 'ask'; readonly id: number; readonly question: WorkerQuestion; readonly transportId: string | undefined }
  | { readonly type: 'meet'; readonly channel: NeighbourChannel }
  | { readonly type: 'part'; readonly neighbourNo: number }
  | { readonly type: 'open-link'; readonly neighbourNo: number; readonly transportId: string; readonly memory: LinkMemory }
  | { readonly type: 'close' };

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'event'; readonly event: EngineEvent }
  | { readonly type: 'answer'; readonly id: number; readonly answer: WorkerAnswers[WorkerQuestion] }
  /** The thread's event loop runs. */
  | { readonly type: 'beat' }
  | { readonly type: 'load'; readonly load: LoadSample };
