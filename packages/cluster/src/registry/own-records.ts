import { type DataChannelRecord, findTrack, type Registry, type SessionRecord, type TrackRecord, type TrackReference } from '@causeway/sfu';

export interface OwnTrack {
  readonly record: TrackRecord;
  /** The track's position in the session: lower numbers are older. */
  readonly order: number;
}

/** A record as stored in the hash of its session. */
export type OwnPublication = OwnTrack | { readonly channel: DataChannelRecord };

export interface OwnSession {
  record: SessionRecord;
  /** Keyed by publication id. The oldest comes first. */
  readonly tracks: Map<string, OwnTrack>;
  /** Keyed by publication id. */
  readonly dataChannels: Map<string, DataChannelRecord>;
  /** The session's position in listings, once Redis has assigned it: decimal digits, higher is younger. */
  serial: string | undefined;
  /** The position that the session had in a listing before Redis assigned one; kept until then. */
  provisionalSerial: number | undefined;
}

export interface PlacedSession {
  readonly record: SessionRecord;
  readonly serial: number;
}

/** The authoritative records of this node's sessions. Redis has a copy. */
export class OwnRecords {
  /** Keyed by app, then by session. The oldest comes first. */
  readonly #apps = new Map<string, Map<string, OwnSession>>();

  get count(): Registry['kept'] {
    const sessions = [...this.#apps.values()].flatMap((app) => [...app.values()]);
    return {
      sessions: sessions.length,
      tracks: sessions.reduce((sum, { tracks }) => sum + tracks.size, 0),
      dataChannels: sessions.reduce((sum, { dataChannels }) => sum + dataChannels.size, 0),
    };
  }

  find(appId: string, sessionId: string): OwnSession | undefined {
    return this.#apps.get(appId)?.get(sessionId);
  }

  /** Ids of the sessions of an app, oldest first. */
  sessionIds(appId: string): readonly string[] {
    return [...(this.#apps.get(appId)?.keys() ?? [])];
  }

  sessions(appId: string): readonly OwnSession[] {
    return [...(this.#apps.get(appId)?.values() ?? [])];
  }

  /**
   * The sessions of an app in listing order, which stays the same from one page to the next. Sessions without a serial
   * from Redis come last. Redis will assign them higher serials, so a listing that continues there may repeat sessions
   * but omits none.
   */
  placedSessions(appId: string): readonly PlacedSession[] {
    const sessions = this.sessions(appId);
    let last = sessions.reduce((highest, session) => Math.max(highest, serialOf(session) ?? 0), 0);
    const placed = sessions.map((session) => {
      const serial = serialOf(session) ?? ++last;
      session.provisionalSerial = serial;
      return { record: session.record, serial };
    });
    return placed.sort((one, other) => one.serial - other.serial);
  }

  putSession(record: SessionRecord): void {
    const sessions = this.#apps.get(record.appId) ?? new Map<string, OwnSession>();
    this.#apps.set(record.appId, sessions);
    const known = sessions.get(record.sessionId);
    if (known === undefined) sessions.set(record.sessionId, newSession(record));
    else known.record = record;
  }

  removeSession(appId: string, sessionId: string): void {
    const sessions = this.#apps.get(appId);
    sessions?.delete(sessionId);
    if (sessions?.size === 0) this.#apps.delete(appId);
  }

  /** @returns false if there is no such session */
  putTrack(record: TrackRecord): boolean {
    const tracks = this.find(record.appId, record.sessionId)?.tracks;
    const last = [...(tracks?.values() ?? [])].at(-1)?.order ?? 0;
    tracks?.set(record.publicationId, { record, order: tracks.get(record.publicationId)?.order ?? last + 1 });
    return tracks !== undefined;
  }

  /** @returns false if there is no such session */
  putDataChannel(record: DataChannelRecord): boolean {
    const channels = this.find(record.appId, record.sessionId)?.dataChannels;
    channels?.set(record.publicationId, record);
    return channels !== undefined;
  }

  dataChannels(appId: string, sessionId: string): readonly DataChannelRecord[] {
    return [...(this.find(appId, sessionId)?.dataChannels.values() ?? [])];
  }

  tracks(appId: string, sessionId: string): readonly TrackRecord[] {
    return [...(this.find(appId, sessionId)?.tracks.values() ?? [])].map(({ record }) => record);
  }

  locateTrack(appId: string, reference: TrackReference): TrackRecord | undefined {
    return findTrack(this.tracks(appId, reference.sessionId), reference);
  }
}

function newSession(record: SessionRecord): OwnSession {
  return { record, tracks: new Map(), dataChannels: new Map(), serial: undefined, provisionalSerial: undefined };
}

function serialOf({ serial, provisionalSerial }: OwnSession): number | undefined {
  return serial === undefined ? provisionalSerial : Number(serial);
}
