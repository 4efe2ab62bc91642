/**
 * The published tracks that this node can forward, its own and those of other nodes, and the followers of each. It
 * notifies subscribers when a track has ended, or when a name belongs to a new track.
 */
import type { TrackStatus } from '@causeway/protocol';
import type { TrackCloseReason } from '../events.ts';
import { identifyCodecs, type Negotiation, subscriptions, type TrackSource } from '../negotiation/index.ts';
import type { TrackRecord, TrackReference } from '../registry/index.ts';

/** A session that subscribes to tracks, or the relay to another node that has such sessions. */
export interface TrackFollower {
  onSourceClosed(sourceTrackId: string, reason: TrackCloseReason): void;
  /** Called instead of `onSourceClosed` if the follower has it, once for all tracks that end together. */
  onSourcesClosed?(sourceTrackIds: ReadonlySet<string>, reason: TrackCloseReason): void;
  onNameTaken(source: TrackSource): void;
  /** The record of a followed track has changed. */
  onSourceUpdated?(record: TrackRecord): void;
  /** A defect occurred in one of the above. It is the follower's, not the publisher's. */
  onDefect(error: unknown): void;
}

/** The tracks and names that one follower follows. */
export interface Interest {
  readonly sourceTrackIds: ReadonlySet<string>;
  /** Keys made by `nameKey`. */
  readonly names: ReadonlySet<string>;
}

const NO_INTEREST: Interest = { sourceTrackIds: new Set(), names: new Set() };

/** Learns which names are followed by any session. */
export interface NameWatcher {
  onNameFollowed(sessionId: string, name: string): void;
  onNameReleased(sessionId: string, name: string): void;
}

export class TrackDirectory {
  readonly #open = new Map<string, TrackRecord>();
  /** Publications by session. */
  readonly #ofSession = new Map<string, Set<string>>();
  /** The publication that currently has a name, by `nameKey`. */
  readonly #named = new Map<string, string>();
  readonly #followersOfTrack = new Map<string, Set<TrackFollower>>();
  readonly #followersOfName = new Map<string, Set<TrackFollower>>();
  readonly #interests = new Map<TrackFollower, Interest>();
  #nameWatcher: NameWatcher | undefined = undefined;

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

  /**
   * Adds a track or replaces its record; followers of a name that the track has just got are notified.
   *
   * @param how not `takesName`: the record may be old, and leaves a name with its known holder; see `confirmName`
   */
  put(record: TrackRecord, { takesName = true } = {}): void {
    const { publicationId, sessionId, customTrackName: name } = record;
    const former = this.#open.get(publicationId);
    this.#open.set(publicationId, record);
    this.#ofSession.set(sessionId, (this.#ofSession.get(sessionId) ?? new Set()).add(publicationId));
    if (former !== undefined) this.#tell(this.#followersOfTrack.get(publicationId), (follower) => follower.onSourceUpdated?.(record));
    if (former?.customTrackName === name) return;
    if (former !== undefined) this.#releaseName(former);
    if (name !== '' && (takesName || this.findNamed(sessionId, name) === undefined)) this.#giveName(record);
  }

  /** An open track now has its recorded name, even if another track was known to have it. */
  confirmName(publicationId: string): void {
    const record = this.#open.get(publicationId);
    if (record === undefined || record.customTrackName === '') return;
    if (this.findNamed(record.sessionId, record.customTrackName) !== record) this.#giveName(record);
  }

  remove(sourceTrackId: string, reason: TrackCloseReason): void {
    this.removeAll([sourceTrackId], reason);
  }

  /** Removes tracks that end together; a follower of several of them is notified once. */
  removeAll(sourceTrackIds: readonly string[], reason: TrackCloseReason): void {
    const closedFor = new Map<TrackFollower, Set<string>>();
    for (const id of sourceTrackIds) {
      this.forget(id);
      for (const follower of this.#followersOfTrack.get(id) ?? []) closedFor.set(follower, (closedFor.get(follower) ?? new Set()).add(id));
    }
    this.#tell(closedFor.keys(), (follower) => tellClosed(follower, closedFor.get(follower) ?? new Set(), reason));
  }

  /** Removes a track of another node that is not followed here. */
  forget(sourceTrackId: string): void {
    const record = this.#open.get(sourceTrackId);
    if (record === undefined) return;
    this.#open.delete(sourceTrackId);
    const ofSession = this.#ofSession.get(record.sessionId);
    ofSession?.delete(sourceTrackId);
    if (ofSession?.size === 0) this.#ofSession.delete(record.sessionId);
    this.#releaseName(record);
  }

  isOpen(sourceTrackId: string): boolean {
    return this.#open.has(sourceTrackId);
  }

  /** @returns undefined once the track has ended */
  statusOf(sourceTrackId: string): TrackStatus | undefined {
    return this.#open.get(sourceTrackId)?.status;
  }

  /** @returns undefined once the track has ended */
  recordOf(sourceTrackId: string): TrackRecord | undefined {
    return this.#open.get(sourceTrackId);
  }

  /** @returns the open track that a subscriber of this app refers to; undefined if there is none here */
  locate(appId: string, reference: TrackReference): TrackRecord | undefined {
    const { sessionId } = reference;
    if (reference.by === 'name')
      return reference.customTrackName === '' ? undefined : ofApp(appId, this.findNamed(sessionId, reference.customTrackName));
    const records = [...(this.#ofSession.get(sessionId) ?? [])].map((id) => this.#open.get(id)).filter((record) => record !== undefined);
    const byId = records.find(({ trackId }) => trackId === reference.trackId);
    return ofApp(appId, byId ?? records.find(({ aliases }) => aliases.includes(reference.trackId)));
  }

  /** @returns the track that currently has the name; undefined if there is none */
  findNamed(sessionId: string, name: string): TrackRecord | undefined {
    return this.#open.get(this.#named.get(nameKey(sessionId, name)) ?? '');
  }

  isFollowed(sourceTrackId: string): boolean {
    return this.#followersOfTrack.has(sourceTrackId);
  }

  /** Sets the only watcher: the relay to other nodes. */
  watchNames(watcher: NameWatcher): void {
    this.#nameWatcher = watcher;
  }

  /** Replaces what a follower follows. */
  follow(follower: TrackFollower, interest: Interest): void {
    const former = this.#interests.get(follower) ?? NO_INTEREST;
    updateIndex(this.#followersOfTrack, follower, former.sourceTrackIds, interest.sourceTrackIds);
    const { added, emptied } = updateIndex(this.#followersOfName, follower, former.names, interest.names);
    if (interest.sourceTrackIds.size + interest.names.size > 0) this.#interests.set(follower, interest);
    else this.#interests.delete(follower);
    for (const key of added) this.#nameWatcher?.onNameFollowed(...partsOf(key));
    for (const key of emptied) this.#nameWatcher?.onNameReleased(...partsOf(key));
  }

  unfollow(follower: TrackFollower): void {
    this.follow(follower, NO_INTEREST);
  }

  #giveName(record: TrackRecord): void {
    const key = nameKey(record.sessionId, record.customTrackName);
    this.#named.set(key, record.publicationId);
    const source = trackSourceOf(record, undefined);
    this.#tell(this.#followersOfName.get(key), (follower) => follower.onNameTaken(source));
  }

  #releaseName({ publicationId, sessionId, customTrackName }: TrackRecord): void {
    const key = nameKey(sessionId, customTrackName);
    if (this.#named.get(key) === publicationId) this.#named.delete(key);
  }

  #tell(followers: Iterable<TrackFollower> | undefined, news: (follower: TrackFollower) => void): void {
    for (const follower of [...(followers ?? [])]) {
      try {
        news(follower);
      } catch (error) {
        // A defect of one subscriber must not stop the publisher's call, nor keep the event from other subscribers.
        follower.onDefect(error);
      }
    }
  }
}

function tellClosed(follower: TrackFollower, sourceTrackIds: ReadonlySet<string>, reason: TrackCloseReason): void {
  if (follower.onSourcesClosed !== undefined) follower.onSourcesClosed(sourceTrackIds, reason);
  else for (const id of sourceTrackIds) follower.onSourceClosed(id, reason);
}

function ofApp(appId: string, record: TrackRecord | undefined): TrackRecord | undefined {
  return record?.appId === appId ? record : undefined;
}

/** Key of a name within a session; neither part can contain the separator. */
export function nameKey(sessionId: string, name: string): string {
  return `${sessionId} ${name}`;
}

function partsOf(key: string): [sessionId: string, name: string] {
  const separator = key.indexOf(' ');
  return [key.slice(0, separator), key.slice(separator + 1)];
}

/** @returns the keys that have gained their first follower, and those that have lost their last */
function updateIndex(
  index: Map<string, Set<TrackFollower>>,
  follower: TrackFollower,
  former: ReadonlySet<string>,
  wanted: ReadonlySet<string>,
): { readonly added: readonly string[]; readonly emptied: readonly string[] } {
  const added: string[] = [];
  const emptied: string[] = [];
  for (const key of former) {
    if (wanted.has(key)) continue;
    const followers = index.get(key);
    followers?.delete(follower);
    if (followers?.size !== 0) continue;
    index.delete(key);
    emptied.push(key);
  }
  for (const key of wanted) {
    const followers = index.get(key);
    if (followers === undefined) added.push(key);
    index.set(key, (followers ?? new Set()).add(follower));
  }
  return { added, emptied };
}

/** Returns what a session in this state follows. */
export function interestOf(state: Negotiation): Interest {
  const sourceTrackIds = new Set<string>();
  const names = new Set<string>();
  for (const { subscription } of subscriptions(state)) {
    const { sourceTrackId, followedName, remoteSessionId } = subscription;
    if (sourceTrackId !== undefined) sourceTrackIds.add(sourceTrackId);
    if (followedName !== undefined) names.add(nameKey(remoteSessionId, followedName));
  }
  return { sourceTrackIds, names };
}

/** @param askedId the id by which the subscriber named the track, if it used one */
export function trackSourceOf(record: TrackRecord, askedId: string | undefined): TrackSource {
  return {
    remoteSessionId: record.sessionId,
    remoteTrackId: askedId ?? record.trackId,
    customTrackName: record.customTrackName,
    sourceTrackId: record.publicationId,
    kind: record.kind,
    codecs: identifyCodecs(record.codecs),
    extensionUris: record.extensionUris,
    rids: record.rids,
  };
}
