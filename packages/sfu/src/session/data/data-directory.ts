/**
 * The data channels that this node can forward, and who follows each name. It carries the news from
 * a publishing session to its subscribers: a name has a publication now, or it has none any more.
 */
import type { DataChannelCloseReason } from '../../events.ts';
import type { DataChannelRecord } from '../../registry/index.ts';

/**
 * A session that subscribes to data channels, or the relay to another node that has such sessions.
 */
export interface DataFollower {
  onDataPublished(record: DataChannelRecord): void;
  onDataClosed(record: DataChannelRecord, reason: DataChannelCloseReason): void;
  /** Another subscriber alone may reply now: this one's subscription no longer may. */
  onReplyRightTaken(subscriptionId: string): void;
  /** A defect while one of the above ran: the follower's, not the publisher's. */
  onDefect(error: unknown): void;
}

interface ReplyRight {
  readonly follower: DataFollower;
  readonly subscriptionId: string;
}

export class DataDirectory {
  /** By name key. */
  readonly #open = new Map<string, DataChannelRecord>();
  readonly #followers = new Map<string, Set<DataFollower>>();
  readonly #followed = new Map<DataFollower, ReadonlySet<string>>();
  /** Who alone may reply, by name key. */
  readonly #replyRights = new Map<string, ReplyRight>();

  get counts(): { readonly openDataChannels: number; readonly dataFollowers: number } {
    return { openDataChannels: this.#open.size, dataFollowers: this.#followed.size };
  }

  /** Adds a channel, or replaces what is known of it. */
  put(record: DataChannelRecord): void {
    const key = dataNameKey(record.sessionId, record.dataChannelName);
    this.#open.set(key, record);
    this.#tell(key, (follower) => follower.onDataPublished(record));
  }

  remove(record: DataChannelRecord, reason: DataChannelCloseReason): void {
    const key = dataNameKey(record.sessionId, record.dataChannelName);
    if (this.#open.get(key)?.publicationId !== record.publicationId) return;
    this.#open.delete(key);
    this.#tell(key, (follower) => follower.onDataClosed(record, reason));
  }

  /** @returns undefined if that session publishes no channel of that name, or is not in this app */
  locate(appId: string, sessionId: string, name: string): DataChannelRecord | undefined {
    const record = this.#open.get(dataNameKey(sessionId, name));
    return record?.appId === appId ? record : undefined;
  }

  /** Replaces what a follower wants to hear of. @param keys made by `dataNameKey` */
  follow(follower: DataFollower, keys: ReadonlySet<string>): void {
    for (const key of this.#followed.get(follower) ?? []) if (!keys.has(key)) this.#unfollow(follower, key);
    for (const key of keys) this.#followers.set(key, (this.#followers.get(key) ?? new Set()).add(follower));
    if (keys.size > 0) this.#followed.set(follower, keys);
    else this.#followed.delete(follower);
  }

  /** The subscription alone may reply from now on; whoever could before is told. */
  takeReplyRight(key: string, right: ReplyRight): void {
    const former = this.#replyRights.get(key);
    this.#replyRights.set(key, right);
    if (former !== undefined && former.subscriptionId !== right.subscriptionId) former.follower.onReplyRightTaken(former.subscriptionId);
  }

  releaseReplyRight(key: string, subscriptionId: string): void {
    if (this.#replyRights.get(key)?.subscriptionId === subscriptionId) this.#replyRights.delete(key);
  }

  #unfollow(follower: DataFollower, key: string): void {
    const followers = this.#followers.get(key);
    followers?.delete(follower);
    if (followers?.size === 0) this.#followers.delete(key);
  }

  #tell(key: string, news: (follower: DataFollower) => void): void {
    for (const follower of [...(this.#followers.get(key) ?? [])]) {
      try {
        news(follower);
      } catch (error) {
        // An edge: a subscriber's defect must not stop the publisher's call, nor keep the news from
        // the other subscribers.
        follower.onDefect(error);
      }
    }
  }
}

/** Key of a name within a session; neither part can contain the separator. */
export function dataNameKey(sessionId: string, name: string): string {
  return `${sessionId} ${name}`;
}
