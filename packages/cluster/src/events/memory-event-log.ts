import type { AppId } from '@causeway/protocol';
import type { AppEventLog, AppendReceipt, EventBatch, LogEntry, LogReading } from './app-event-log.ts';

interface AppLog {
  readonly entries: LogEntry[];
  /** The last batch that each life has appended. */
  readonly lives: Map<string, { readonly serial: number; readonly ids: readonly string[] }>;
}

/** Logs in memory, for tests with several nodes in one process. They keep every event. */
export class MemoryEventLog implements AppEventLog {
  readonly #apps = new Map<AppId, AppLog>();
  readonly #nowMs: () => number;
  #lastMs = 0;

  /** @param nowMs milliseconds since 1970 */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  async append({ appId, nodeNo, epoch, follows, events }: EventBatch): Promise<AppendReceipt> {
    const { entries, lives } = this.#logOf(appId);
    const life = `${nodeNo}:${epoch}`;
    const last = lives.get(life) ?? { serial: 0, ids: [] };
    if (follows > last.serial) return { type: 'gap', lastSerial: last.serial };
    const newestSerial = events.at(-1)?.serial ?? follows;
    if (newestSerial <= last.serial) return { type: 'appended', ids: newestSerial === last.serial ? last.ids : [] };
    this.#lastMs = Math.max(this.#lastMs + 1, Math.floor(this.#nowMs()));
    const fresh = events.filter(({ serial }) => serial > last.serial);
    const ids = fresh.map((_, index) => `${this.#lastMs}-${index}`);
    entries.push(
      ...fresh.map(({ json, formerId }, index): LogEntry => ({ type: 'event', id: `${this.#lastMs}-${index}`, json, formerId })),
    );
    lives.set(life, { serial: newestSerial, ids });
    return { type: 'appended', ids };
  }

  async read(appId: AppId, afterId: string, maxEntries: number): Promise<LogReading> {
    const { entries } = this.#logOf(appId);
    const after = placeOf(afterId);
    const unread = entries.filter(({ id }) => placeOf(id) > after).slice(0, maxEntries);
    return { lastId: entries.at(-1)?.id, cutId: undefined, lossId: undefined, entries: unread };
  }

  #logOf(appId: AppId): AppLog {
    const log = this.#apps.get(appId) ?? { entries: [], lives: new Map() };
    this.#apps.set(appId, log);
    return log;
  }
}

/** Converts an id to a number. A batch never has a million events. */
function placeOf(id: string): bigint {
  const [ms = '0', no = '0'] = id.split('-');
  return BigInt(ms) * 1_000_000n + BigInt(no);
}
