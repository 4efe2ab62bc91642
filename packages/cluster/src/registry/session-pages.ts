import type { SessionPage, SessionRecord } from '@causeway/sfu';
import { z } from 'zod';
import type { LivingNodes } from '../nodes/living-nodes.ts';
import { appKeys, parseLifeName } from '../redis/keys.ts';
import type { RedisLink } from '../redis/redis-link.ts';
import { readSessionRecord } from './record-text.ts';

interface Row {
  readonly nodeNo: number;
  readonly epoch: number;
  readonly serial: string;
  readonly record: SessionRecord;
}

export interface SessionPagesOptions {
  readonly link: RedisLink;
  readonly living: LivingNodes;
  /** Called when a session belongs to a life that is dead. */
  readonly onRemains: (life: { readonly nodeNo: number; readonly epoch: number }, appId: string) => void;
}

/** The number of sessions that are read at once: some hundred kilobytes, and a millisecond of Redis's time. */
const CHUNK_SIZE = 500;
/** The maximum number of sessions on a page without a limit. */
const MAX_PAGE_SIZE = 10_000;
/**
 * The maximum number of chunks read for one page. Chunks may contain no live sessions, for example after a large node
 * has died; the page then ends early.
 */
const MAX_CHUNKS = 40;

/** Lists sessions from Redis in the order of their serials. It needs memory for one page, however many sessions there are. */
export class SessionPages {
  readonly #options: SessionPagesOptions;

  constructor(options: SessionPagesOptions) {
    this.#options = options;
  }

  /** @throws SfuError `registry_unavailable` */
  async list(appId: string, limit: number | undefined, cursor: string | undefined): Promise<SessionPage> {
    const size = Math.min(limit ?? MAX_PAGE_SIZE, MAX_PAGE_SIZE);
    const sessions: SessionRecord[] = [];
    let after = cursor ?? '0';
    for (let chunk = 0; chunk < MAX_CHUNKS; chunk++) {
      const { rows, last } = await this.#readChunk(appId, after, Math.min(CHUNK_SIZE, size - sessions.length + 1));
      const room = size - sessions.length;
      sessions.push(...rows.slice(0, room).map(({ record }) => record));
      if (rows.length > room) return { sessions, nextCursor: rows[room - 1]?.serial ?? after };
      if (last === undefined) return { sessions, nextCursor: undefined };
      after = last;
    }
    return { sessions, nextCursor: after };
  }

  /** @returns `last`: the serial to continue from; undefined at the end of the list */
  async #readChunk(
    appId: string,
    after: string,
    count: number,
  ): Promise<{ readonly rows: readonly Row[]; readonly last: string | undefined }> {
    const { link } = this.#options;
    const keys = appKeys(appId);
    const reply = await link.send(['ZRANGEBYSCORE', keys.index, `(${after}`, '+inf', 'WITHSCORES', 'LIMIT', 0, count]);
    const entries = Entries.parse(reply);
    if (entries.length === 0) return { rows: [], last: undefined };
    const fields = await link.sendAll(entries.map(([sessionId]) => ['HMGET', keys.session(sessionId), 'life', 'record']));
    const rows = entries.flatMap(([sessionId, serial], index) => readRow(appId, sessionId, serial, Fields.parse(fields[index])) ?? []);
    const last = entries.length < count ? undefined : entries.at(-1)?.[1];
    return { rows: await this.#chooseAlive(appId, rows), last };
  }

  async #chooseAlive(appId: string, rows: readonly Row[]): Promise<readonly Row[]> {
    const alive = new Set(await this.#options.living.chooseAlive(rows));
    for (const row of rows) if (!alive.has(row)) this.#options.onRemains(row, appId);
    return rows.filter((row) => alive.has(row));
  }
}

/** Session ids and serials. */
const Entries = z.array(z.tuple([z.string(), z.string()]));
const Fields = z.tuple([z.string().nullable(), z.string().nullable()]);

function readRow(appId: string, sessionId: string, serial: string, [lifeText, recordText]: z.infer<typeof Fields>): Row | undefined {
  const life = parseLifeName(lifeText ?? '');
  const record = readSessionRecord(recordText ?? '', appId, sessionId);
  return life === undefined || record === undefined ? undefined : { ...life, serial, record };
}
