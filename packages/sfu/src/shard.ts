import type { CertificateFingerprint, EngineAnswers, EngineCommand, EngineEventListener } from '@causeway/media';
import type { ShardInspection } from './inspection.ts';

/** The questions that a shard answers, each with the type of the answer, which is plain data. */
export interface ShardAnswers extends EngineAnswers {
  /** Live objects, traffic and discarded packets, for metrics and for finding leaks. */
  readonly inspection: ShardInspection;
}

/** The name of a question to a shard. */
export type ShardQuestion = keyof ShardAnswers;

/**
 * An engine with its sockets and its clock, wherever it runs. Commands, events and answers are plain data, so a worker
 * thread can implement it. A shard that wraps another one handles only what it changes and passes on the rest.
 */
export interface Shard {
  /** Fingerprint for the SDP, of the certificate that this shard presents to peers. */
  readonly fingerprint: CertificateFingerprint;
  /** UDP port of the host candidates. */
  readonly port: number;
  /** The number of engines behind this shard. The number of each engine is part of the ICE ufrags of its transports. */
  readonly shardCount: number;
  /** Chooses the engine for a new session. @returns a number below `shardCount` */
  chooseShardNo(): number;
  /** Sets the listener. Events are delivered after the command that caused them has returned, so the listener may send any command. */
  setListener(listener: EngineEventListener): void;
  /** Commands are carried out in the order in which they are sent. */
  send(command: EngineCommand): void;
  /**
   * Asks a question. Several engines behind one shard answer together; accounts and links may then be listed several
   * times.
   *
   * @param transportId the transport that the question is about, if it is about one
   * @throws Error – the engine is gone
   */
  ask<Question extends ShardQuestion>(question: Question, transportId?: string): Promise<ShardAnswers[Question]>;
  /** Whether the event loops that carry media run, as far as is known; with several, whether at least one does. */
  isAlive(): boolean;
  /** Sends what is due, then releases sockets and timers. */
  close(): Promise<void>;
}
