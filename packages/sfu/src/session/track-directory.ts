/**
 * The published tracks that this node can forward, and which sessions follow each of them. It carries the news from a publishing
 * session to its subscribers: a track has ended, or a name belongs to a new track.
 */
import type { TrackStatus } from '@causeway/protocol';
import type { TrackCloseReason } from '../events.ts';
import type { TrackSource } from '../negotiation/index.ts';

/** A session that subscribes to tracks. */
export interface TrackFollower {
  onSourceClosed(sourceTrackId: string, reason: TrackCloseReason): void;
  onNameTaken(source: TrackSource): void;
  /** A defect while one of the above ran: the follower's, not the publisher's. */
  onDefect(error: unknown): void;
}

/** What one follower wants to hear of. */
export interface Interest {
  readonly sourceTrackIds: ReadonlySet<string>;
  /** Made by `nameKey`. */
  readonly names: ReadonlySet<string>;
}

const NO_INTEREST: Interest = { sourceTrackIds: new Set(), names: new Set() };

interface OpenTrack {
  source: TrackSource;
  status: TrackStatus;
}

export class TrackDirectory {
  readonly #open = new Map<string, OpenTrack>();
  readonly #followersOfTrack = new Map<string, Set<TrackFollower>>();
  readonly #followersOfName = new Map<string, Set<TrackFollower>>();
  readonly #interests = new Map<TrackFollower, Interest>();

  get counts(): {
    readonly openTracks: number;
    readonly followers: number;
    readonly followedTracks: number;
    readonly followedNames: number;
  } {
    return {
      openTracks: this.#open.size,
      followers: this.#interests.size,
      followedTracks: this.#followersOfTrack.size,
      followedNames: this.#followersOfName.size,
    };
  }

  /** Adds a track or replaces what is known of it; a name that is new to it is told to those who follow the name. */
  put(source: TrackSource, status: TrackStatus): void {
    const former = this.#open.get(source.sourceTrackId);
    this.#open.set(source.sourceTrackId, { source, status });
    const name = source.customTrackName;
    if (name === '' || former?.source.customTrackName === name) return;
    this.#tell(this.#followersOfName.get(nameKey(source.remoteSessionId, name)), (follower) => follower.onNameTaken(source));
  }

  remove(sourceTrackId: string, reason: TrackCloseReason): void {
    this.#open.delete(sourceTrackId);
    this.#tell(this.#followersOfTrack.get(sourceTrackId), (follower) => follower.onSourceClosed(sourceTrackId, reason));
  }

  isOpen(sourceTrackId: string): boolean {
    return this.#open.has(sourceTrackId);
  }

  /** @returns undefined once the track has ended */
  statusOf(sourceTrackId: string): TrackStatus | undefined {
    return this.#open.get(sourceTrackId)?.status;
  }

  /** Replaces what a follower wants to hear of. */
  follow(follower: TrackFollower, interest: Interest): void {
    const former = this.#interests.get(follower) ?? NO_INTEREST;
    updateIndex(this.#followersOfTrack, follower, former.sourceTrackIds, interest.sourceTrackIds);
    updateIndex(this.#followersOfName, follower, former.names, interest.names);
    if (interest.sourceTrackIds.size + interest.names.size > 0) this.#interests.set(follower, interest);
    else this.#interests.delete(follower);
  }

  unfollow(follower: TrackFollower): void {
    this.follow(follower, NO_INTEREST);
  }

  #tell(followers: ReadonlySet<TrackFollower> | undefined, news: (follower: TrackFollower) => void): void {
    for (const follower of [...(followers ?? [])]) {
      try {
        news(follower);
      } catch (error) {
        // An edge: a subscriber's defect must not stop the publisher's call, nor keep the news from the other subscribers.
        follower.onDefect(error);
      }
    }
  }
}

/** Key of a name within a session; neither part can contain the separator. */
export function nameKey(sessionId: string, name: string): string {
  return `${sessionId} ${name}`;
}

function updateIndex(
  index: Map<string, Set<TrackFollower>>,
  follower: TrackFollower,
  former: ReadonlySet<string>,
  wanted: ReadonlySet<string>,
): void {
  for (const key of former) {
    if (wanted.has(key)) continue;
    const followers = index.get(key);
    followers?.delete(follower);
    if (followers?.size === 0) index.delete(key);
  }
  for (const key of wanted) {
    const followers = index.get(key) ?? new Set();
    index.set(key, followers.add(follower));
  }
}
