/** Names that subscribers behind neighbours follow. The neighbour is notified each time that another publication takes one. */
import type { DataChannelCloseReason } from '../events.ts';
import type { DataChannelRecord, TrackRecord } from '../registry/index.ts';
import { type DataDirectory, type DataFollower, dataNameKey } from '../session/data/data-directory.ts';
import { nameKey, type TrackDirectory, type TrackFollower } from '../session/track-directory.ts';
import type { ControlMessage } from './links/control-messages.ts';
import type { NodeLink } from './links/node-link.ts';
import { tellableDataChannel, tellableTrack } from './tellable-records.ts';

/** The names that a neighbour may follow. */
export interface FollowableNames<Record> {
  readonly followType: 'follow' | 'follow-data';
  /**
   * @param onTaken called with the publication that has the name, and again each time that another one takes it.
   * @returns a function that stops following
   */
  follow(sessionId: string, name: string, onTaken: (record: Record) => void): () => void;
  told(followId: number, record: Record): ControlMessage;
}

export interface NameExportsOptions<Record> {
  readonly names: FollowableNames<Record>;
  /** Records the app of publications that this node only passes on. */
  readonly noteApp: (sessionId: string, appId: string) => void;
}

export class NameExports<Record extends { readonly appId: string }> {
  readonly #options: NameExportsOptions<Record>;
  /** Functions that stop following, by transport and number of the name. */
  readonly #followed = new Map<string, () => void>();

  constructor(options: NameExportsOptions<Record>) {
    this.#options = options;
  }

  get size(): number {
    return this.#followed.size;
  }

  /** @returns whether the message was about a followed name */
  handleMessage(link: NodeLink, message: ControlMessage): boolean {
    const { transportId } = link;
    const { names, noteApp } = this.#options;
    if (transportId === undefined) return false;
    if (message.type === 'unfollow') return this.#unfollow(`${transportId} ${message.followId}`);
    if (message.type !== names.followType) return false;
    const { sessionId, name, appId, followId } = message;
    const key = `${transportId} ${followId}`;
    this.#unfollow(key);
    noteApp(sessionId, appId);
    const end = names.follow(sessionId, name, (record) => {
      if (record.appId === appId) link.send(names.told(followId, record));
    });
    this.#followed.set(key, end);
    return true;
  }

  /** Drops the requests that were made over a transport that is gone. */
  onTransportGone(transportId: string): void {
    for (const key of [...this.#followed.keys()]) if (key.startsWith(`${transportId} `)) this.#unfollow(key);
  }

  #unfollow(key: string): boolean {
    const end = this.#followed.get(key);
    this.#followed.delete(key);
    end?.();
    return end !== undefined;
  }
}

export function trackNames(directory: TrackDirectory, onDefect: (error: unknown) => void): FollowableNames<TrackRecord> {
  return {
    followType: 'follow',
    follow(sessionId, name, onTaken) {
      const follower: TrackFollower = {
        onNameTaken({ sourceTrackId }) {
          const record = directory.recordOf(sourceTrackId);
          if (record !== undefined) onTaken(record);
        },
        onSourceClosed: () => undefined,
        onDefect,
      };
      directory.follow(follower, { sourceTrackIds: new Set(), names: new Set([nameKey(sessionId, name)]) });
      const holder = directory.findNamed(sessionId, name);
      if (holder !== undefined) onTaken(holder);
      return () => directory.unfollow(follower);
    },
    told: (followId, record) => ({ type: 'name-taken', followId, track: tellableTrack(record) }),
  };
}

export function dataNames(directory: DataDirectory, onDefect: (error: unknown) => void): FollowableNames<DataChannelRecord> {
  return {
    followType: 'follow-data',
    follow(sessionId, name, onTaken) {
      const follower: DataFollower = {
        onDataPublished: onTaken,
        onDataClosed: (_record: DataChannelRecord, _reason: DataChannelCloseReason) => undefined,
        onReplyRightTaken: () => undefined,
        onDefect,
      };
      directory.follow(follower, new Set([dataNameKey(sessionId, name)]));
      const holder = directory.findNamed(sessionId, name);
      if (holder !== undefined) onTaken(holder);
      return () => directory.follow(follower, new Set());
    },
    told: (followId, record) => ({ type: 'data-name-taken', followId, channel: tellableDataChannel(record) }),
  };
}
