import type { DataChannelRecord, SessionRecord, TrackRecord } from '@causeway/sfu';
import type { LivingNodes } from '../nodes/living-nodes.ts';
import { appKeys, parseLifeName } from '../redis/keys.ts';
import type { RedisCommand, RedisLink, RedisReply } from '../redis/redis-link.ts';
import { readDataChannelRecords, readSessionRecord, readTrackRecords } from './record-text.ts';

/** A session of another node, with its publications. */
export interface FoundSession {
  readonly record: SessionRecord;
  readonly tracks: readonly TrackRecord[];
  readonly dataChannels: readonly DataChannelRecord[];
}

type Found = FoundSession | undefined;

interface Batch {
  /** Keyed by session id, so that each session is requested once per batch. */
  readonly wanted: Map<string, PromiseWithResolvers<Found>>;
}

const FIELDS = ['life', 'record'] as const;

/**
 * Looks sessions up in Redis. All look-ups of one turn of the event loop, such as those for the tracks of one subscribe
 * call, share one round trip.
 */
export class SessionLookup {
  readonly #link: RedisLink;
  readonly #living: LivingNodes;
  readonly #nextTurn: (callback: () => void) => void;
  /** Keyed by app, because the keys of an app are in one slot. */
  readonly #batches = new Map<string, Batch>();

  /** @param nextTurn calls back after the promise callbacks of this turn, each of which may look up another session */
  constructor(link: RedisLink, living: LivingNodes, nextTurn: (callback: () => void) => void = process.nextTick) {
    this.#nextTurn = nextTurn;
    this.#link = link;
    this.#living = living;
  }

  /** @returns undefined if no live node has such a session. @throws SfuError `registry_unavailable` */
  find(appId: string, sessionId: string): Promise<Found> {
    const batch = this.#batches.get(appId) ?? this.#startBatch(appId);
    const wanted = batch.wanted.get(sessionId) ?? Promise.withResolvers<Found>();
    batch.wanted.set(sessionId, wanted);
    return wanted.promise;
  }

  #startBatch(appId: string): Batch {
    const batch: Batch = { wanted: new Map() };
    this.#batches.set(appId, batch);
    this.#nextTurn(() => {
      this.#batches.delete(appId);
      void this.#carryOut(appId, batch);
    });
    return batch;
  }

  async #carryOut(appId: string, { wanted }: Batch): Promise<void> {
    const keys = appKeys(appId);
    const commands = [...wanted.keys()].flatMap((id): RedisCommand[] => [
      ['HMGET', keys.session(id), ...FIELDS],
      ['HVALS', keys.tracks(id)],
    ]);
    try {
      const replies = await this.#link.sendAll(commands);
      await Promise.all([...wanted].map(([id, { resolve }], index) => this.#read(appId, id, replies.slice(2 * index)).then(resolve)));
    } catch (error) {
      for (const { reject } of wanted.values()) reject(error);
    }
  }

  async #read(appId: string, sessionId: string, [fields, tracks]: readonly (RedisReply | undefined)[]): Promise<Found> {
    const [lifeText, recordText] = texts(fields);
    const life = parseLifeName(lifeText ?? '');
    const record = readSessionRecord(recordText ?? '', appId, sessionId);
    if (life === undefined || record === undefined || (await this.#living.chooseAlive([life])).length === 0) return undefined;
    const published = texts(tracks);
    return {
      record,
      tracks: readTrackRecords(published, appId, sessionId),
      dataChannels: readDataChannelRecords(published, appId, sessionId),
    };
  }
}

/** Converts a reply to texts; absent values become empty. */
function texts(reply: RedisReply | undefined): readonly string[] {
  return Array.isArray(reply) ? reply.map((item) => (typeof item === 'string' ? item : '')) : [];
}
