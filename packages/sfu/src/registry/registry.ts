import type { ConnectionState, MediaKind } from '@causeway/media';
import type { TrackStatus } from '@causeway/protocol';
import type { SourceCodec } from '../negotiation/codecs.ts';

/** The public record of a live session. */
export interface SessionRecord {
  readonly appId: string;
  readonly sessionId: string;
  /** Empty if it has none. */
  readonly metadata: string;
  /** The group that the session was created in; missing if it has none. */
  readonly group?: string | undefined;
  readonly connectionState: ConnectionState;
  /** Milliseconds since 1970. */
  readonly createdAtMs: number;
}

/** The public record of a published track, sufficient to offer the track to a subscriber without asking the owner. */
export interface TrackRecord {
  readonly appId: string;
  readonly sessionId: string;
  readonly trackId: string;
  /** Other ids by which the track is found, such as the one in its `a=msid`. */
  readonly aliases: readonly string[];
  /** Empty if it has no name; unique within the session. */
  readonly customTrackName: string;
  readonly mid: string;
  readonly kind: MediaKind;
  readonly status: TrackStatus;
  /** The publisher's statement; packets may still arrive. */
  readonly isMuted?: true | undefined;
  /** Not listed, though it can be subscribed to. */
  readonly isHidden: boolean;
  /** The engine's id of the publication; unlike the other ids, it is never reused. */
  readonly publicationId: string;
  /** Best first. */
  readonly codecs: readonly SourceCodec[];
  /** URIs of the header extensions that its packets may carry. */
  readonly extensionUris: readonly string[];
  /** Layers in the order of `a=simulcast`; empty without simulcast. */
  readonly rids: readonly string[];
}

/** The public record of a published data channel, sufficient to tell a subscriber how it is configured. */
export interface DataChannelRecord {
  readonly appId: string;
  readonly sessionId: string;
  /** Unique within the session. */
  readonly dataChannelName: string;
  /** The engine's id of the publication; never reused. */
  readonly publicationId: string;
  readonly ordered: boolean;
  /** At most one of the two limits is given; a channel with neither is reliable. */
  readonly maxRetransmits?: number;
  readonly maxPacketLifeTimeMs?: number;
  /** The number of latest messages that a new subscriber receives first. */
  readonly retain: number;
  readonly isBus: boolean;
  /** `pending`: the publisher's page has not opened the channel yet. */
  readonly status: 'pending' | 'open';
}

/** How a subscriber names a track: by one of its ids, or by its name. */
export type TrackReference =
  | { readonly by: 'id'; readonly sessionId: string; readonly trackId: string }
  | { readonly by: 'name'; readonly sessionId: string; readonly customTrackName: string };

/** One page of a list of sessions, and where the next one begins. */
export interface SessionPage {
  readonly sessions: readonly SessionRecord[];
  /** Undefined on the last page. */
  readonly nextCursor: string | undefined;
  /** Whether sessions of other nodes may be missing because they cannot be looked up at present. Default false. */
  readonly isPartial?: boolean;
}

/**
 * The index of live sessions, tracks and data channels, scoped by app. The node that owns a session is authoritative;
 * the registry is how other nodes find it. Records are replaced whole, and calls for unknown objects do nothing.
 *
 * Every implementation passes `registryContract`.
 */
export interface Registry {
  putSession(session: SessionRecord): Promise<void>;
  /** Removes a session with its tracks and data channels. */
  removeSession(appId: string, sessionId: string): Promise<void>;
  /** @returns undefined if the app has no such session */
  findSession(appId: string, sessionId: string): Promise<SessionRecord | undefined>;
  /**
   * Lists the sessions of an app, oldest first. Sessions that begin or end while pages are read may or may not be
   * listed; every other session is listed exactly once. A page may be shorter than its limit, or empty, without being
   * the last: more pages follow while there is a cursor. A registry may limit pages itself, so a page requested without
   * a limit need not be the last either.
   *
   * @param page.cursor up to 15 decimal digits, returned with an earlier page
   */
  listSessions(appId: string, page: { readonly limit: number | undefined; readonly cursor: string | undefined }): Promise<SessionPage>;
  /** Ignored unless the session exists, since a track cannot outlive its session. */
  putTrack(track: TrackRecord): Promise<void>;
  removeTrack(appId: string, sessionId: string, publicationId: string): Promise<void>;
  /** Lists all tracks of a session, including hidden ones; empty if the app has no such session. */
  listTracks(appId: string, sessionId: string): Promise<readonly TrackRecord[]>;
  locateTrack(appId: string, reference: TrackReference): Promise<TrackRecord | undefined>;
  /** Ignored unless the session exists, as for tracks. */
  putDataChannel(channel: DataChannelRecord): Promise<void>;
  removeDataChannel(appId: string, sessionId: string, publicationId: string): Promise<void>;
  /** @returns undefined if that session publishes no channel of that name, or does not belong to this app */
  locateDataChannel(appId: string, sessionId: string, dataChannelName: string): Promise<DataChannelRecord | undefined>;
  /** The number of records that it keeps in this process. */
  readonly kept: { readonly sessions: number; readonly tracks: number; readonly dataChannels: number };
}

/**
 * Finds the track that a subscriber refers to among the tracks of a session.
 *
 * @returns the track with that id, else one with that alias; or the track of that name
 */
export function findTrack(tracks: Iterable<TrackRecord>, reference: TrackReference): TrackRecord | undefined {
  const list = [...tracks];
  if (reference.by === 'name')
    return list.find(({ customTrackName }) => customTrackName !== '' && customTrackName === reference.customTrackName);
  return list.find(({ trackId }) => trackId === reference.trackId) ?? list.find(({ aliases }) => aliases.includes(reference.trackId));
}
