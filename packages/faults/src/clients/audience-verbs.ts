import type { PublishOptions, RemoteTrack, SfuAddress } from '@causeway/loadtest';
import type { ToldPeer } from '../wire/wire-judge.ts';

export type MediaKind = 'audio' | 'video';

/** What one subscriber has received of one track since its window began. */
export interface StreamFigures {
  readonly trackId: string;
  readonly kind: MediaKind;
  /** The number of the first packet of the window; the publisher numbers packets from 0. */
  readonly windowFrom: number;
  /** The number of distinct packets. */
  readonly received: number;
  readonly duplicates: number;
  /** The longest time between two consecutive packets. */
  readonly longestGapMs: number;
  /** The time from `awaitMovement` until media could be played; for video, after a keyframe with no packet missing since. */
  readonly movingAfterMs: number | null;
}

export interface MemberFigures {
  readonly streams: readonly StreamFigures[];
  /** Packets since the member joined whose content differs from what was sent. */
  readonly corrupted: number;
}

/** The verbs of a process with publishers, or with subscribers of several tracks each. */
export interface AudienceVerbs {
  /** Joins a publisher that does not send yet. */
  publish(request: { readonly address: SfuAddress; readonly options: PublishOptions }): Promise<RemoteTrack>;
  start(): void;
  pause(): void;
  /** Returns the number of packets sent of each track, by id. */
  sent(): Readonly<Record<string, number>>;
  /** Joins subscribers, each of which takes all of the tracks, and asks for a keyframe whenever it has lost a packet. */
  watch(request: { readonly address: SfuAddress; readonly tracks: readonly RemoteTrack[]; readonly count: number }): Promise<void>;
  /** Restarts the counts of packets and `awaitMovement`. */
  beginWindow(): void;
  awaitMovement(): void;
  figures(): MemberFigures[];
  /** Returns what all clients of this process know, for the judge of the wire. */
  told(): ToldPeer[];
  leave(): Promise<void>;
}
