import { nodeNoOf, parseSessionId, SfuError } from '@causeway/protocol';
import {
  type DataChannelRecord,
  findTrack,
  type Registry,
  type SessionPage,
  type SessionRecord,
  type TrackRecord,
  type TrackReference,
} from '@causeway/sfu';
import type { OwnRecords } from './own-records.ts';
import type { SessionLookup } from './session-lookup.ts';
import type { SessionPages } from './session-pages.ts';
import type { SessionWriter } from './session-writer.ts';

export interface RedisRegistryParts {
  readonly own: OwnRecords;
  readonly writer: SessionWriter;
  readonly lookup: SessionLookup;
  readonly pages: SessionPages;
  /** The number of this node. */
  readonly selfNo: number;
}

/**
 * The registry of a cluster. This node's own sessions are kept in memory and copied to Redis. Other nodes' sessions are
 * looked up in Redis.
 *
 * A put or remove resolves when Redis has it, or when Redis cannot be reached now; the record is then written as soon
 * as possible, and the caller need not retry. A look-up rejects with `registry_unavailable` if it requires Redis and
 * Redis does not answer.
 */
export class RedisRegistry implements Registry {
  readonly #parts: RedisRegistryParts;

  constructor(parts: RedisRegistryParts) {
    this.#parts = parts;
  }

  /** The counts of this node's own sessions. */
  get kept(): Registry['kept'] {
    return this.#parts.own.count;
  }

  async putSession(session: SessionRecord): Promise<void> {
    this.#parts.own.putSession(session);
    await this.#parts.writer.write(session.appId, session.sessionId, { type: 'record' });
  }

  async removeSession(appId: string, sessionId: string): Promise<void> {
    if (this.#parts.own.find(appId, sessionId) === undefined) return;
    this.#parts.own.removeSession(appId, sessionId);
    await this.#parts.writer.write(appId, sessionId, { type: 'whole' });
  }

  async putTrack(track: TrackRecord): Promise<void> {
    const { appId, sessionId, publicationId } = track;
    if (!this.#parts.own.putTrack(track)) return;
    await this.#parts.writer.write(appId, sessionId, { type: 'publication', publicationId });
  }

  async removeTrack(appId: string, sessionId: string, publicationId: string): Promise<void> {
    const session = this.#parts.own.find(appId, sessionId);
    if (session?.tracks.delete(publicationId)) await this.#parts.writer.write(appId, sessionId, { type: 'publication', publicationId });
  }

  async findSession(appId: string, sessionId: string): Promise<SessionRecord | undefined> {
    const own = this.#parts.own.find(appId, sessionId);
    if (own !== undefined || this.#isOurs(sessionId)) return own?.record;
    return (await this.#parts.lookup.find(appId, sessionId))?.record;
  }

  async listTracks(appId: string, sessionId: string): Promise<readonly TrackRecord[]> {
    const { own } = this.#parts;
    if (own.find(appId, sessionId) !== undefined || this.#isOurs(sessionId)) return own.tracks(appId, sessionId);
    return (await this.#parts.lookup.find(appId, sessionId))?.tracks ?? [];
  }

  async locateTrack(appId: string, reference: TrackReference): Promise<TrackRecord | undefined> {
    const { own, lookup } = this.#parts;
    if (own.find(appId, reference.sessionId) !== undefined || this.#isOurs(reference.sessionId)) return own.locateTrack(appId, reference);
    return findTrack((await lookup.find(appId, reference.sessionId))?.tracks ?? [], reference);
  }

  async putDataChannel(channel: DataChannelRecord): Promise<void> {
    const { appId, sessionId, publicationId } = channel;
    if (!this.#parts.own.putDataChannel(channel)) return;
    await this.#parts.writer.write(appId, sessionId, { type: 'publication', publicationId });
  }

  async removeDataChannel(appId: string, sessionId: string, publicationId: string): Promise<void> {
    const session = this.#parts.own.find(appId, sessionId);
    if (!session?.dataChannels.delete(publicationId)) return;
    await this.#parts.writer.write(appId, sessionId, { type: 'publication', publicationId });
  }

  async locateDataChannel(appId: string, sessionId: string, dataChannelName: string): Promise<DataChannelRecord | undefined> {
    const { own, lookup } = this.#parts;
    const isKnown = own.find(appId, sessionId) !== undefined || this.#isOurs(sessionId);
    const channels = isKnown ? own.dataChannels(appId, sessionId) : (await lookup.find(appId, sessionId))?.dataChannels;
    return channels?.find((channel) => channel.dataChannelName === dataChannelName);
  }

  /** Lists this node's own sessions, marked as partial, if Redis does not answer. */
  async listSessions(
    appId: string,
    { limit, cursor }: { readonly limit: number | undefined; readonly cursor: string | undefined },
  ): Promise<SessionPage> {
    try {
      return await this.#parts.pages.list(appId, limit, cursor);
    } catch (error) {
      if (!(error instanceof SfuError)) throw error;
      return this.#listOwn(appId, limit, cursor);
    }
  }

  /** Whether this node created the session; its number is in the id. */
  #isOurs(sessionId: string): boolean {
    const parsed = parseSessionId(sessionId);
    return parsed !== undefined && nodeNoOf(parsed) === this.#parts.selfNo;
  }

  #listOwn(appId: string, limit = Number.POSITIVE_INFINITY, cursor = '0'): SessionPage {
    const after = this.#parts.own.placedSessions(appId).filter(({ serial }) => serial > Number(cursor));
    const listed = after.slice(0, limit);
    const nextCursor = listed.length < after.length ? listed.at(-1)?.serial.toString() : undefined;
    return { sessions: listed.map(({ record }) => record), nextCursor, isPartial: true };
  }
}
