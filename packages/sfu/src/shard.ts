import type { CertificateFingerprint, EngineAnswers, EngineCommand, EngineEventListener } from '@causeway/media';
import type { ShardInspection } from './inspection.ts';

/** What a shard can be asked, by question, and what it answers; all of it is plain data. */
export interface ShardAnswers extends EngineAnswers {
  /** Live objects, traffic and discarded packets, for metrics and for finding leaks. */
  readonly inspection: ShardInspection;
}

/** What a shard can be asked. */
export type ShardQuestion = keyof ShardAnswers;

/**
 * An engine with its sockets and its time, wherever it runs. Commands, events and answers are plain data, so a worker thread can
 * stand behind it; one shard in front of another looks only at what it changes and passes on the rest.
 */
export interface Shard {
  /** The fingerprint of the certificate that peers of this shard are shown, for the SDP. */
  readonly fingerprint: CertificateFingerprint;
  /** UDP port of the host candidates. */
  readonly port: number;
  /** How many engines stand behind this one; the number of each is written into the ICE user fragments of its transports. */
  readonly shardCount: number;
  /** Which of them a new session should have: below `shardCount`. */
  chooseShardNo(): number;
  /** Events come after the command that caused them has returned, so a listener may send any command. */
  setListener(listener: EngineEventListener): void;
  /** Commands are carried out in the order in which they are sent. */
  send(command: EngineCommand): void;
  /**
   * Several engines behind one shard answer together; accounts and links may then be named several times.
   *
   * @param transportId the transport that a question about one is about
   * @throws Error – the engine is gone
   */
  ask<Question extends ShardQuestion>(question: Question, transportId?: string): Promise<ShardAnswers[Question]>;
  /** Whether the loops that carry media turn, as far as is known; with several, whether one of them does. */
  isAlive(): boolean;
  /** Sends what is due to be sent, then releases sockets and timers. */
  close(): Promise<void>;
}
