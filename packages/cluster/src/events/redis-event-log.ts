import type { AppId } from '@causeway/protocol';
import { z } from 'zod';
import { appKeys, lifeName } from '../redis/keys.ts';
import { loadLuaScript, type RedisLink } from '../redis/redis-link.ts';
import type { AppEventLog, AppendReceipt, EventBatch, LogEntry, LogReading } from './app-event-log.ts';

/** How long a client may be disconnected and still receive all events. */
const KEPT_FOR_MS = 10 * 60_000;
/** An event takes about 400 bytes. */
const MAX_KEPT_PER_APP = 10_000;
const MAX_APPS_MET = 10_000;

const APPENDED = z.tuple([z.literal('appended'), z.string(), z.number(), z.string(), z.number()]);
const Receipt = z.union([z.tuple([z.literal('gap'), z.number()]), APPENDED]);
const Reading = z.tuple([z.string(), z.string(), z.string(), z.array(z.tuple([z.string(), z.array(z.string())]))]);

/** The log of each app as a stream in Redis. If Redis loses entries, the nodes append again those that they still have. */
export class RedisEventLog implements AppEventLog {
  readonly #link: RedisLink;
  readonly #latestMs: () => number;
  readonly #maxKept: number;
  /** The time in the highest id that this node has seen, by app. After the mark of a loss, it is ahead of every clock. */
  readonly #highestMs = new Map<AppId, number>();
  readonly #appending = loadLuaScript('events-append');
  readonly #reading = loadLuaScript('events-read');

  /**
   * @param latestMs the latest time that Redis's clock has shown, in milliseconds since 1970; a Redis that takes over
   * may be behind it
   * @param maxKept events kept per app
   */
  constructor(link: RedisLink, latestMs: () => number, maxKept = MAX_KEPT_PER_APP) {
    this.#link = link;
    this.#latestMs = latestMs;
    this.#maxKept = maxKept;
  }

  async append({ appId, nodeNo, epoch, follows, events }: EventBatch): Promise<AppendReceipt> {
    const keys = appKeys(appId);
    const life = lifeName({ nodeNo, epoch });
    const words = [life, follows, events.at(-1)?.serial ?? follows, this.#leastMs(appId), KEPT_FOR_MS, this.#maxKept];
    const items = events.flatMap(({ serial, formerId, json }) => [serial, formerId ?? '', json]);
    const reply = await this.#link.run(this.#appending, [keys.events, keys.eventsState, keys.eventsOf(life)], [...words, ...items]);
    const receipt = Receipt.parse(reply);
    if (receipt[0] === 'gap') return { type: 'gap', lastSerial: receipt[1] };
    const [, first, count, formerFirst, formerCount] = receipt;
    this.#meet(appId, first);
    return { type: 'appended', ids: [...idsFrom(formerFirst, formerCount), ...idsFrom(first, count)] };
  }

  async read(appId: AppId, afterId: string, maxEntries: number): Promise<LogReading> {
    const keys = appKeys(appId);
    const reply = await this.#link.run(this.#reading, [keys.events, keys.eventsState], [afterId, maxEntries]);
    const [lastId, cutId, lossId, entries] = Reading.parse(reply);
    this.#meet(appId, lastId);
    return {
      lastId: lastId || undefined,
      cutId: cutId || undefined,
      lossId: lossId || undefined,
      entries: entries.map(([id, fields]) => asEntry(id, fields)),
    };
  }

  #leastMs(appId: AppId): number {
    return Math.max(Math.floor(this.#latestMs()), this.#highestMs.get(appId) ?? 0);
  }

  /** @param id empty if there is none */
  #meet(appId: AppId, id: string): void {
    const ms = Math.max(Number(id.split('-')[0]), this.#highestMs.get(appId) ?? 0);
    this.#highestMs.delete(appId);
    this.#highestMs.set(appId, ms);
    const [oldest] = this.#highestMs.keys();
    if (this.#highestMs.size > MAX_APPS_MET && oldest !== undefined) this.#highestMs.delete(oldest);
  }
}

/** Returns the ids of a batch. Its events are adjacent: they have the same time and consecutive numbers. */
function idsFrom(firstId: string, count: number): readonly string[] {
  const [ms = '', no = '0'] = firstId.split('-');
  return Array.from({ length: count }, (_, index) => `${ms}-${Number(no) + index}`);
}

function asEntry(id: string, fields: readonly string[]): LogEntry {
  const values = new Map(Array.from({ length: fields.length / 2 }, (_, index) => [fields[2 * index], fields[2 * index + 1]] as const));
  const json = values.get('e');
  return json === undefined ? { type: 'loss', id } : { type: 'event', id, json, formerId: values.get('w') || undefined };
}
