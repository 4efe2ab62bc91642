import type { PublishOptions, RemoteTrack, SfuAddress } from '@causeway/loadtest';
import type { ToldPeer } from '../wire/wire-judge.ts';

export type MediaKind = 'audio' | 'video';

/** What one subscriber noticed of one track since its window began. */
export interface StreamFigures {
  readonly trackId: string;
  readonly kind: MediaKind;
  /** Number of the first packet that belongs to the window; packets are numbered from 0 by their publisher. */
  readonly windowFrom: number;
  /** Each packet once. */
  readonly received: number;
  readonly duplicates: number;
  /** Between two packets that came one after the other. */
  readonly longestGapMs: number;
  /** From `awaitMovement` until there was something to see or hear: video after a keyframe with nothing missing since. */
  readonly movingAfterMs: number | null;
}

export interface MemberFigures {
  readonly streams: readonly StreamFigures[];
  /** Packets of which a byte was not what was sent, since the member joined. */
  readonly corrupted: number;
}

/** What a process of publishers, or of subscribers that take several tracks each, does when asked. */
export interface AudienceVerbs {
  /** Joins a publisher, which does not send yet. */
  publish(request: { readonly address: SfuAddress; readonly options: PublishOptions }): Promise<RemoteTrack>;
  start(): void;
  pause(): void;
  /** Packets sent of each track, by its id. */
  sent(): Readonly<Record<string, number>>;
  /** Joins subscribers, each of which takes all of the tracks, and asks for a keyframe whenever it has lost a packet. */
  watch(request: { readonly address: SfuAddress; readonly tracks: readonly RemoteTrack[]; readonly count: number }): Promise<void>;
  /** Counts of packets begin now, and so does `awaitMovement`. */
  beginWindow(): void;
  awaitMovement(): void;
  figures(): MemberFigures[];
  /** What all clients of this process were told, for the judge of the wire. */
  told(): ToldPeer[];
  leave(): Promise<void>;
}
