import {
  type DataChannelRecord,
  findTrack,
  type Registry,
  type SessionPage,
  type SessionRecord,
  type TrackRecord,
  type TrackReference,
} from './registry.ts';

interface Entry {
  session: SessionRecord;
  /** Sequence number of the session in this registry, which page cursors refer to. */
  readonly serial: number;
  /** Keyed by publication id; undefined until there is one, as are the data channels. */
  tracks: Map<string, TrackRecord> | undefined;
  /** Keyed by publication id. */
  dataChannels: Map<string, DataChannelRecord> | undefined;
}

/** The registry of a single process, which an embedded SFU uses by default. */
export class MemoryRegistry implements Registry {
  /** Keyed by app, then by session. A map keeps insertion order, which is order of age. */
  readonly #apps = new Map<string, Map<string, Entry>>();
  #serial = 0;

  get kept(): Registry['kept'] {
    const entries = [...this.#apps.values()].flatMap((sessions) => [...sessions.values()]);
    return {
      sessions: entries.length,
      tracks: entries.reduce((sum, { tracks }) => sum + (tracks?.size ?? 0), 0),
      dataChannels: entries.reduce((sum, { dataChannels }) => sum + (dataChannels?.size ?? 0), 0),
    };
  }

  async putSession(session: SessionRecord): Promise<void> {
    const sessions = this.#apps.get(session.appId) ?? new Map<string, Entry>();
    this.#apps.set(session.appId, sessions);
    const known = sessions.get(session.sessionId);
    if (known) known.session = session;
    else sessions.set(session.sessionId, { session, serial: ++this.#serial, tracks: undefined, dataChannels: undefined });
  }

  async removeSession(appId: string, sessionId: string): Promise<void> {
    const sessions = this.#apps.get(appId);
    sessions?.delete(sessionId);
    if (sessions?.size === 0) this.#apps.delete(appId);
  }

  async findSession(appId: string, sessionId: string): Promise<SessionRecord | undefined> {
    return this.#find(appId, sessionId)?.session;
  }

  async listSessions(
    appId: string,
    page: { readonly limit: number | undefined; readonly cursor: string | undefined },
  ): Promise<SessionPage> {
    const after = Number(page.cursor ?? 0);
    const entries = [...(this.#apps.get(appId)?.values() ?? [])].filter(({ serial }) => serial > after);
    const listed = entries.slice(0, page.limit ?? entries.length);
    const last = listed.at(-1);
    const nextCursor = last !== undefined && listed.length < entries.length ? String(last.serial) : undefined;
    return { sessions: listed.map(({ session }) => session), nextCursor };
  }

  async putTrack(track: TrackRecord): Promise<void> {
    const entry = this.#find(track.appId, track.sessionId);
    if (entry === undefined) return;
    entry.tracks ??= new Map();
    entry.tracks.set(track.publicationId, track);
  }

  async removeTrack(appId: string, sessionId: string, publicationId: string): Promise<void> {
    this.#find(appId, sessionId)?.tracks?.delete(publicationId);
  }

  async listTracks(appId: string, sessionId: string): Promise<readonly TrackRecord[]> {
    return [...(this.#find(appId, sessionId)?.tracks?.values() ?? [])];
  }

  async locateTrack(appId: string, reference: TrackReference): Promise<TrackRecord | undefined> {
    return findTrack(this.#find(appId, reference.sessionId)?.tracks?.values() ?? [], reference);
  }

  async putDataChannel(channel: DataChannelRecord): Promise<void> {
    const entry = this.#find(channel.appId, channel.sessionId);
    if (entry === undefined) return;
    entry.dataChannels ??= new Map();
    entry.dataChannels.set(channel.publicationId, channel);
  }

  async removeDataChannel(appId: string, sessionId: string, publicationId: string): Promise<void> {
    this.#find(appId, sessionId)?.dataChannels?.delete(publicationId);
  }

  async locateDataChannel(appId: string, sessionId: string, dataChannelName: string): Promise<DataChannelRecord | undefined> {
    const channels = [...(this.#find(appId, sessionId)?.dataChannels?.values() ?? [])];
    return channels.find((channel) => channel.dataChannelName === dataChannelName);
  }

  #find(appId: string, sessionId: string): Entry | undefined {
    return this.#apps.get(appId)?.get(sessionId);
  }
}
