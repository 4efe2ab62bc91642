import type { PublishOptions, RemoteTrack, SfuAddress } from '@causeway/loadtest';

/** What one subscriber noticed since its window began. */
export interface WatchFigures {
  readonly sessionId: string;
  /** Number of the first packet that belongs to the window; packets are numbered from 0 by their publisher. */
  readonly windowFrom: number;
  /** Each packet once. */
  readonly received: number;
  readonly duplicates: number;
  /** Packets of which a byte was not what was sent, since it joined. */
  readonly corrupted: number;
  /** Between two packets that came one after the other. */
  readonly longestGapMs: number;
  /** Since the last packet. */
  readonly silentMs: number;
  /** From the return of `renegotiate` to the end of the first frame, which must be a keyframe; null (JSON has no undefined) before it. */
  readonly firstFrameMs: number | null;
  /** RTCP goodbyes for what it watched. */
  readonly goodbyes: number;
}

export interface WatchRequest {
  readonly group: string;
  readonly address: SfuAddress;
  readonly track: RemoteTrack;
  readonly count: number;
  /** Of a simulcast track: one layer, or the best. */
  readonly quality?: string;
}

export interface HerdRequest {
  readonly group: string;
  /** Tried in turn. */
  readonly addresses: readonly SfuAddress[];
  readonly track: RemoteTrack;
  readonly count: number;
  /** They come evenly spread over this time. */
  readonly withinMs: number;
  readonly deadlineMs: number;
}

/** What one subscriber of a data channel has had. */
export interface HearingFigures {
  /** Numbers of the first and the last message; null before there is one. */
  readonly first: number | null;
  readonly last: number | null;
  readonly received: number;
  /** Messages that came twice, out of turn or changed. */
  readonly wrong: number;
  /** Times that its channel was closed. */
  readonly closed: number;
}

export interface TalkRequest {
  readonly group: string;
  readonly address: SfuAddress;
  /** Default: the channel is ordered and reliable; with a number it is neither. */
  readonly maxRetransmits?: number;
}

export interface HearRequest {
  readonly group: string;
  readonly address: SfuAddress;
  readonly remoteSessionId: string;
  readonly count: number;
}

/** What a process of lean clients does when asked. Clients are named by the group they belong to. */
export interface ClientVerbs {
  /** Joins a publisher, which does not send yet. */
  publish(request: { readonly group: string; readonly address: SfuAddress; readonly options: PublishOptions }): Promise<RemoteTrack>;
  /** The same with three simulcast layers: `q`, `h` and `f`. */
  publishSimulcast(request: { readonly group: string; readonly address: SfuAddress }): Promise<RemoteTrack>;
  start(group: string): void;
  pause(group: string): void;
  /** Packets that the publishers of the group have sent. */
  sent(group: string): number;
  /** Joins subscribers, and lets them decrypt and check every packet. */
  watch(request: WatchRequest): Promise<void>;
  /** Joins a publisher of a data channel that keeps its last message for later subscribers. @returns its session id */
  talk(request: TalkRequest): Promise<string>;
  /** The publisher sends a numbered message of so many bytes again and again. */
  keepTalking(request: { readonly group: string; readonly everyMs: number; readonly messageBytes: number }): void;
  /** @returns the number of its last message; the first one is 1 */
  stopTalking(group: string): number;
  /** Joins subscribers of that data channel. */
  hear(request: HearRequest): Promise<void>;
  heard(group: string): HearingFigures[];
  /** How long the messages took that have come to all of the group since this was asked last. */
  takeHearingDelaysMs(group: string): number[];
  /** Those of the group go on to live, but take nothing in. */
  stopHearing(group: string): void;
  /** Figures count from now on. */
  beginWindow(group: string): void;
  figures(group: string): WatchFigures[];
  /** By all who have ever watched or heard: payloads and fixed RTP headers, each packet as often as it came, and messages of data channels. */
  receivedBytes(): number;
  /** The clients of the group that watch go on from other ports, as when a telephone leaves the house. */
  move(group: string): Promise<void>;
  /** The offer of a client that would publish, for calls that are made by hand. */
  offer(): string;
  /** Joins many who watch within a while; each tries again, and elsewhere, until it is in. @returns how long each took, from its first attempt */
  herd(request: HerdRequest): Promise<number[]>;
  /** Ends the sessions of the group. Those whose node is gone are just dropped. */
  leave(group: string): Promise<void>;
  /** The clients fall silent without a word, as those whose battery is empty. */
  vanish(group: string): void;
}
