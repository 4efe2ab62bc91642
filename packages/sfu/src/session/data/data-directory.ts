/**
 * The data channels that this node can forward, its own and those of other nodes, and the followers of each name. It
 * notifies subscribers when a name gets a publication, or loses it.
 */
import type { DataSourceEndReason } from '../../events.ts';
import type { DataChannelRecord } from '../../registry/index.ts';

/**
 * A session that subscribes to data channels, or the relay to another node that has such sessions.
 */
export interface DataFollower {
  onDataPublished(record: DataChannelRecord): void;
  onDataClosed(record: DataChannelRecord, reason: DataSourceEndReason): void;
  /** Another subscriber now holds the sole right to reply, so this subscription may not reply. */
  onReplyRightTaken(subscriptionId: string): void;
  /** A defect occurred in one of the above. It is the follower's, not the publisher's. */
  onDefect(error: unknown): void;
}

/** Learns which names are followed, and for which names a subscriber claims the sole right to reply. */
export interface DataWatcher {
  onNameFollowed(sessionId: string, name: string): void;
  onNameReleased(sessionId: string, name: string): void;
  onReplyRightClaimed(sessionId: string, name: string): void;
}

interface ReplyRight {
  readonly follower: DataFollower;
  readonly subscriptionId: string;
}

export class DataDirectory {
  /** Keyed by publication id. */
  readonly #open = new Map<string, DataChannelRecord>();
  /** The publication that currently has a name, by name key. */
  readonly #named = new Map<string, string>();
  readonly #followers = new Map<string, Set<DataFollower>>();
  readonly #followed = new Map<DataFollower, ReadonlySet<string>>();
  /** The holder of the sole right to reply, by name key. */
  readonly #replyRights = new Map<string, ReplyRight>();
  #watcher: DataWatcher | undefined = undefined;

  get counts(): { readonly openDataChannels: number; readonly dataFollowers: number } {
    return { openDataChannels: this.#open.size, dataFollowers: this.#followed.size };
  }

  /** Sets the only watcher: the relay to other nodes. */
  watch(watcher: DataWatcher): void {
    this.#watcher = watcher;
  }

  /**
   * Adds a channel, or replaces its record.
   *
   * @param how not `takesName`: the record may be old, and leaves the name with its known holder; see `confirmName`
   */
  put(record: DataChannelRecord, { takesName = true } = {}): void {
    const { publicationId } = record;
    const key = keyOf(record);
    this.#open.set(publicationId, record);
    if (!takesName && (this.#named.get(key) ?? publicationId) !== publicationId) return;
    this.#giveName(record);
  }

  /** An open channel now has its name, even if another one was known to have it. */
  confirmName(publicationId: string): void {
    const record = this.#open.get(publicationId);
    if (record !== undefined && this.#named.get(keyOf(record)) !== publicationId) this.#giveName(record);
  }

  remove(publicationId: string, reason: DataSourceEndReason): void {
    const record = this.#open.get(publicationId);
    if (record === undefined) return;
    this.forget(publicationId);
    this.#tell(keyOf(record), (follower) => follower.onDataClosed(record, reason));
  }

  /** Removes a channel of another node that is not followed here. */
  forget(publicationId: string): void {
    const record = this.#open.get(publicationId);
    if (record === undefined) return;
    this.#open.delete(publicationId);
    if (this.#named.get(keyOf(record)) === publicationId) this.#named.delete(keyOf(record));
  }

  /** @returns undefined once the channel has ended */
  recordOf(publicationId: string): DataChannelRecord | undefined {
    return this.#open.get(publicationId);
  }

  /** @returns undefined if that session publishes no channel of that name, or does not belong to this app */
  locate(appId: string, sessionId: string, name: string): DataChannelRecord | undefined {
    const record = this.findNamed(sessionId, name);
    return record?.appId === appId ? record : undefined;
  }

  /** @returns the channel that currently has the name; undefined if there is none */
  findNamed(sessionId: string, name: string): DataChannelRecord | undefined {
    return this.#open.get(this.#named.get(dataNameKey(sessionId, name)) ?? '');
  }

  isFollowed(publicationId: string): boolean {
    const record = this.#open.get(publicationId);
    return record !== undefined && this.#followers.has(keyOf(record));
  }

  /** Replaces the names that a follower follows. @param keys made by `dataNameKey` */
  follow(follower: DataFollower, keys: ReadonlySet<string>): void {
    const former = this.#followed.get(follower) ?? new Set();
    if (keys.size > 0) this.#followed.set(follower, keys);
    else this.#followed.delete(follower);
    for (const key of former) if (!keys.has(key)) this.#unfollow(follower, key);
    for (const key of keys) {
      const followers = this.#followers.get(key) ?? new Set();
      const isFirst = followers.size === 0;
      this.#followers.set(key, followers.add(follower));
      if (isFirst) this.#watcher?.onNameFollowed(...partsOf(key));
    }
  }

  /** Gives this subscription the sole right to reply, and notifies the previous holder. */
  takeReplyRight(key: string, right: ReplyRight): void {
    const former = this.#replyRights.get(key);
    this.#replyRights.set(key, right);
    if (former !== undefined && former.subscriptionId !== right.subscriptionId) former.follower.onReplyRightTaken(former.subscriptionId);
    this.#watcher?.onReplyRightClaimed(...partsOf(key));
  }

  hasReplyRight(key: string): boolean {
    return this.#replyRights.has(key);
  }

  releaseReplyRight(key: string, subscriptionId: string): void {
    if (this.#replyRights.get(key)?.subscriptionId === subscriptionId) this.#replyRights.delete(key);
  }

  /** Only a subscriber of another node may reply from now on. */
  revokeReplyRight(key: string): void {
    const former = this.#replyRights.get(key);
    this.#replyRights.delete(key);
    former?.follower.onReplyRightTaken(former.subscriptionId);
  }

  #giveName(record: DataChannelRecord): void {
    const key = keyOf(record);
    this.#named.set(key, record.publicationId);
    this.#tell(key, (follower) => follower.onDataPublished(record));
  }

  #unfollow(follower: DataFollower, key: string): void {
    const followers = this.#followers.get(key);
    followers?.delete(follower);
    if (followers?.size !== 0) return;
    this.#followers.delete(key);
    this.#watcher?.onNameReleased(...partsOf(key));
  }

  #tell(key: string, news: (follower: DataFollower) => void): void {
    for (const follower of [...(this.#followers.get(key) ?? [])]) {
      try {
        news(follower);
      } catch (error) {
        // A defect of one subscriber must not stop the publisher's call, nor keep the event from other subscribers.
        follower.onDefect(error);
      }
    }
  }
}

/** Key of a name within a session; neither part can contain the separator. */
export function dataNameKey(sessionId: string, name: string): string {
  return `${sessionId} ${name}`;
}

function keyOf({ sessionId, dataChannelName }: DataChannelRecord): string {
  return dataNameKey(sessionId, dataChannelName);
}

function partsOf(key: string): [sessionId: string, name: string] {
  const separator = key.indexOf(' ');
  return [key.slice(0, separator), key.slice(separator + 1)];
}
