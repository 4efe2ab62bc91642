import type { LoadTotals, PublishOptions, RemoteTrack, SfuAddress } from '@causeway/loadtest';
import type { DataTotals, SendingPlan } from '../data/data-group.ts';
import type { PathConditions } from '../data/lossy-path.ts';

/** The verbs of a process with load clients. SFUs are identified by the names given to `open`. */
export interface LoadVerbs {
  open(request: { readonly sfu: string; readonly address: SfuAddress }): void;
  /** Joins a publisher that does not send yet. */
  publish(request: { readonly sfu: string; readonly options: PublishOptions }): Promise<RemoteTrack>;
  /**
   * Joins clients, several at a time, and subscribes each to all the tracks.
   *
   * @returns the time that ICE and DTLS took for each client, in milliseconds
   */
  join(request: JoinRequest): Promise<number[]>;
  /** Joins a publisher that the SFU has placed on this shard. */
  publishOn(request: { readonly sfu: string; readonly options: PublishOptions; readonly shardNo: number }): Promise<RemoteTrack>;
  /** Joins clients that the SFU has placed on this shard, one after the other. */
  joinOn(request: Omit<JoinRequest, 'atOnce'> & { readonly shardNo: number }): Promise<void>;
  /** Subscribes this many clients to the track: those that joined first of those that have not subscribed this way. */
  subscribeNext(request: { readonly sfu: string; readonly track: RemoteTrack; readonly count: number }): Promise<void>;
  start(sfu: string): void;
  pause(sfu: string): void;
  totals(sfu: string): LoadTotals;
  /** Returns the latencies of all packets checked since the last call. */
  takeLatenciesMs(sfu: string): number[];
  /** Joins a client with a data channel that it will send on. @returns its session */
  publishData(sfu: string): Promise<string>;
  /** Joins clients that receive the session's messages; a message out of order is an error. */
  joinData(request: {
    readonly sfu: string;
    readonly remoteSessionId: string;
    readonly count: number;
    /** The loss and delay of their paths. Default: none. */
    readonly conditions?: PathConditions | undefined;
  }): Promise<void>;
  /** Makes the publisher send until `pauseData`, with a bounded number of bytes in flight, and at most at the rate if one is given. */
  startData(request: SendingPlan & { readonly sfu: string }): void;
  /** Stops sending, and resolves once everything has arrived. */
  pauseData(sfu: string): Promise<void>;
  /** Returns the messages received by all clients since the last call, with their delays. */
  takeDataTotals(sfu: string): DataTotals;
  /** Ends all data clients of this process. */
  leaveData(sfu: string): Promise<void>;
  /** Opens sockets for the floor to send to. @returns their ports */
  openSinks(count: number): Promise<number[]>;
  receivedBySinks(): number;
  /** Ends all sessions of this process with the SFU. */
  leave(sfu: string): Promise<void>;
}

export interface JoinRequest {
  readonly sfu: string;
  readonly tracks: readonly RemoteTrack[];
  readonly count: number;
  readonly atOnce: number;
  /** Counts packets only, or decrypts and checks every byte of them too. */
  readonly diligence: 'count' | 'check';
}
