import type { LoadTotals, PublishOptions, RemoteTrack, SfuAddress } from '@causeway/loadtest';
import type { DataTotals, SendingPlan } from '../data/data-group.ts';
import type { PathConditions } from '../data/lossy-path.ts';

/** What a process full of load clients does when asked. An SFU is named by whatever name `open` gave it. */
export interface LoadVerbs {
  open(request: { readonly sfu: string; readonly address: SfuAddress }): void;
  /** Joins a publisher, which does not send yet. */
  publish(request: { readonly sfu: string; readonly options: PublishOptions }): Promise<RemoteTrack>;
  /**
   * Joins clients, some at a time, and subscribes each to all the tracks.
   *
   * @returns how many milliseconds ICE and DTLS took each client
   */
  join(request: JoinRequest): Promise<number[]>;
  /** Joins a publisher that the SFU has placed on this shard. */
  publishOn(request: { readonly sfu: string; readonly options: PublishOptions; readonly shardNo: number }): Promise<RemoteTrack>;
  /** Joins clients that the SFU has placed on this shard, one after the other. */
  joinOn(request: Omit<JoinRequest, 'atOnce'> & { readonly shardNo: number }): Promise<void>;
  /** Subscribes every client that joined earlier to the track. */
  subscribeAll(request: { readonly sfu: string; readonly track: RemoteTrack }): Promise<void>;
  start(sfu: string): void;
  pause(sfu: string): void;
  totals(sfu: string): LoadTotals;
  /** Milliseconds between sending and receipt of every packet that was checked since the last call. */
  takeLatenciesMs(sfu: string): number[];
  /** Joins a client with a data channel that it will send on. @returns its session */
  publishData(sfu: string): Promise<string>;
  /** Joins clients that receive what the session sends, each in order, or it is an error. */
  joinData(request: {
    readonly sfu: string;
    readonly remoteSessionId: string;
    readonly count: number;
    /** What their paths lose and delay. Default: nothing is added. */
    readonly conditions?: PathConditions | undefined;
  }): Promise<void>;
  /** The publisher sends until `pauseData`, with a bounded number of bytes on the way, and at no more than the rate if there is one. */
  startData(request: SendingPlan & { readonly sfu: string }): void;
  /** Resolves when what was sent has arrived. */
  pauseData(sfu: string): Promise<void>;
  /** What has come to all clients, and how long it took, since this was asked last. */
  takeDataTotals(sfu: string): DataTotals;
  /** Ends all data clients of this process. */
  leaveData(sfu: string): Promise<void>;
  /** Opens sockets for the floor to send to, and tells their ports. */
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
