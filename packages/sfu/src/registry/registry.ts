import type { ConnectionState, MediaKind } from '@causeway/media';
import type { TrackStatus } from '@causeway/protocol';
import type { SourceCodec } from '../negotiation/codecs.ts';

/** The public record of a live session. */
export interface SessionRecord {
  readonly appId: string;
  readonly sessionId: string;
  /** Empty for none. */
  readonly metadata: string;
  /** That it was created in; missing for none. */
  readonly group?: string | undefined;
  readonly connectionState: ConnectionState;
  /** Milliseconds since 1970. */
  readonly createdAtMs: number;
}

/** The public record of a published track: enough to offer it to a subscriber without asking the node that owns it. */
export interface TrackRecord {
  readonly appId: string;
  readonly sessionId: string;
  readonly trackId: string;
  /** Other ids that lead to it, such as the one in its `a=msid`. */
  readonly aliases: readonly string[];
  /** Empty for none; unique within the session. */
  readonly customTrackName: string;
  readonly mid: string;
  readonly kind: MediaKind;
  readonly status: TrackStatus;
  /** As the publisher states; it may still send. */
  readonly isMuted?: true | undefined;
  /** Left out of listings, though it can be subscribed to. */
  readonly isHidden: boolean;
  /** The engine's id of the publication; never used again, unlike the others. */
  readonly publicationId: string;
  /** Best first. */
  readonly codecs: readonly SourceCodec[];
  /** URIs of the header extensions that its packets may carry. */
  readonly extensionUris: readonly string[];
  /** Layers in the order of `a=simulcast`; empty without simulcast. */
  readonly rids: readonly string[];
}

/** The public record of a published data channel: enough to tell a subscriber what it will get. */
export interface DataChannelRecord {
  readonly appId: string;
  readonly sessionId: string;
  /** Unique within the session. */
  readonly dataChannelName: string;
  /** The engine's id of the publication; never used again. */
  readonly publicationId: string;
  readonly ordered: boolean;
  /** At most one of the two limits is given; a channel with neither is reliable. */
  readonly maxRetransmits?: number;
  readonly maxPacketLifeTimeMs?: number;
  /** How many of the last messages a new subscriber gets first. */
  readonly retain: number;
  readonly isBus: boolean;
  /** `pending`: the publisher's page has yet to open the channel. */
  readonly status: 'pending' | 'open';
}

/** How a subscriber names a track: by an id of it, or by its name. */
export type TrackReference =
  | { readonly by: 'id'; readonly sessionId: string; readonly trackId: string }
  | { readonly by: 'name'; readonly sessionId: string; readonly customTrackName: string };

/** A part of a listing of sessions, and where the next one begins. */
export interface SessionPage {
  readonly sessions: readonly SessionRecord[];
  /** Undefined on the last page. */
  readonly nextCursor: string | undefined;
  /** Sessions of other nodes may be missing, because they cannot be looked up now. Default false. */
  readonly isPartial?: boolean;
}

/**
 * The index of what is live: sessions, their tracks and their data channels, scoped by app. The node that owns a session is the truth; this is how
 * others find it. Records are replaced whole, and a call for something unknown does nothing.
 *
 * Every implementation passes `registryContract`.
 */
export interface Registry {
  putSession(session: SessionRecord): Promise<void>;
  /** Its tracks and data channels go with it. */
  removeSession(appId: string, sessionId: string): Promise<void>;
  /** @returns undefined if there is none in this app */
  findSession(appId: string, sessionId: string): Promise<SessionRecord | undefined>;
  /**
   * Sessions of an app, oldest first. Sessions that come and go while pages are read may be missed or listed, but none that
   * stays is missed or listed twice. A page may be shorter than its limit, or empty, and not be the last: there is another for as
   * long as there is a cursor. A registry may limit pages by itself, so one without a limit need not be the last either.
   *
   * @param page.cursor up to 15 decimal digits, as a page before it has given
   */
  listSessions(appId: string, page: { readonly limit: number | undefined; readonly cursor: string | undefined }): Promise<SessionPage>;
  /** Ignored unless the session is there: a track cannot outlive its session. */
  putTrack(track: TrackRecord): Promise<void>;
  removeTrack(appId: string, sessionId: string, publicationId: string): Promise<void>;
  /** All tracks of a session, hidden ones too; empty if there is no such session in this app. */
  listTracks(appId: string, sessionId: string): Promise<readonly TrackRecord[]>;
  locateTrack(appId: string, reference: TrackReference): Promise<TrackRecord | undefined>;
  /** Ignored unless the session is there, as for tracks. */
  putDataChannel(channel: DataChannelRecord): Promise<void>;
  removeDataChannel(appId: string, sessionId: string, publicationId: string): Promise<void>;
  /** @returns undefined if that session publishes no channel of that name, or is not in this app */
  locateDataChannel(appId: string, sessionId: string, dataChannelName: string): Promise<DataChannelRecord | undefined>;
  /** How many records it keeps in this process. */
  readonly kept: { readonly sessions: number; readonly tracks: number; readonly dataChannels: number };
}

/**
 * Finds what a subscriber means among the tracks of the session it named.
 *
 * @returns the track with that id, else one that it is an alias of; or the one of that name
 */
export function findTrack(tracks: Iterable<TrackRecord>, reference: TrackReference): TrackRecord | undefined {
  const list = [...tracks];
  if (reference.by === 'name')
    return list.find(({ customTrackName }) => customTrackName !== '' && customTrackName === reference.customTrackName);
  return list.find(({ trackId }) => trackId === reference.trackId) ?? list.find(({ aliases }) => aliases.includes(reference.trackId));
}
