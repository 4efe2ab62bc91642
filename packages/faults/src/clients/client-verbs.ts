import type { PublishOptions, RemoteTrack, SfuAddress } from '@causeway/loadtest';

/** What one subscriber has received since its window began. */
export interface WatchFigures {
  readonly sessionId: string;
  /** The number of the first packet of the window; the publisher numbers packets from 0. */
  readonly windowFrom: number;
  /** The number of distinct packets. */
  readonly received: number;
  readonly duplicates: number;
  /** Packets since it joined whose content differs from what was sent. */
  readonly corrupted: number;
  /** The longest time between two consecutive packets. */
  readonly longestGapMs: number;
  /** The time since the last packet. */
  readonly silentMs: number;
  /** From the return of `renegotiate` to the end of the first frame, which must be a keyframe; null (JSON has no undefined) before it. */
  readonly firstFrameMs: number | null;
  /** RTCP BYE packets for the streams that it watched. */
  readonly goodbyes: number;
}

export interface WatchRequest {
  readonly group: string;
  readonly address: SfuAddress;
  readonly track: RemoteTrack;
  readonly count: number;
  /** The layer of a simulcast track. Default: the best. */
  readonly quality?: string;
}

export interface HerdRequest {
  readonly group: string;
  /** Tried in turn. */
  readonly addresses: readonly SfuAddress[];
  readonly track: RemoteTrack;
  readonly count: number;
  /** The clients join evenly spread over this time. */
  readonly withinMs: number;
  readonly deadlineMs: number;
}

/** What one subscriber of a data channel has received. */
export interface HearingFigures {
  /** Numbers of the first and the last message; null before there is one. */
  readonly first: number | null;
  readonly last: number | null;
  readonly received: number;
  /** Messages that arrived twice, out of order or changed. */
  readonly wrong: number;
  /** How often its channel was closed. */
  readonly closed: number;
}

export interface TalkRequest {
  readonly group: string;
  readonly address: SfuAddress;
  /** With a number, the channel is unordered and unreliable. Default: ordered and reliable. */
  readonly maxRetransmits?: number;
}

export interface HearRequest {
  readonly group: string;
  readonly address: SfuAddress;
  readonly remoteSessionId: string;
  readonly count: number;
}

/** The verbs of a process with lean clients. Clients are addressed by group. */
export interface ClientVerbs {
  /** Joins a publisher that does not send yet. */
  publish(request: { readonly group: string; readonly address: SfuAddress; readonly options: PublishOptions }): Promise<RemoteTrack>;
  /** Joins a publisher of three simulcast layers: `q`, `h` and `f`. */
  publishSimulcast(request: { readonly group: string; readonly address: SfuAddress }): Promise<RemoteTrack>;
  start(group: string): void;
  pause(group: string): void;
  /** Returns the number of packets that the publishers of the group have sent. */
  sent(group: string): number;
  /** Joins subscribers that decrypt and check every packet. */
  watch(request: WatchRequest): Promise<void>;
  /** Makes the watching clients of the group report what arrives, as browsers do. */
  startReports(group: string): void;
  /** Joins a publisher of a data channel that keeps its last message for later subscribers. @returns its session id */
  talk(request: TalkRequest): Promise<string>;
  /** Makes the publisher send a numbered message of this size periodically. */
  keepTalking(request: { readonly group: string; readonly everyMs: number; readonly messageBytes: number }): void;
  /** @returns the number of its last message; the first one is 1 */
  stopTalking(group: string): number;
  /** Joins subscribers of that data channel. */
  hear(request: HearRequest): Promise<void>;
  heard(group: string): HearingFigures[];
  /** Returns the delays of the messages that the group has received since the last call. */
  takeHearingDelaysMs(group: string): number[];
  /** Makes the clients of the group stop reading without disconnecting. */
  stopHearing(group: string): void;
  /** Restarts the figures. */
  beginWindow(group: string): void;
  figures(group: string): WatchFigures[];
  /** Returns the bytes received by all clients so far: payloads and fixed RTP headers, including duplicates, and data messages. */
  receivedBytes(): number;
  /** Makes the watching clients of the group continue from other ports, as a phone does that leaves its Wi-Fi. */
  move(group: string): Promise<void>;
  /** Returns a publishing client's offer, for calls made by hand. */
  offer(): string;
  /** Joins many watching clients, which retry at other nodes until they succeed. @returns the time of each from its first attempt */
  herd(request: HerdRequest): Promise<number[]>;
  /** Ends the sessions of the group. Sessions whose node is gone are dropped. */
  leave(group: string): Promise<void>;
  /** Makes the clients stop without a goodbye, as when a battery is empty. */
  vanish(group: string): void;
}
