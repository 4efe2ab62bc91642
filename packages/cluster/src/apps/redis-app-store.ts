import type { App, AppStore, OwnApps } from '@causeway/accounts';
import { type AppId, SfuError } from '@causeway/protocol';
import type { AppReading, AppRecordDefect } from './app-record.ts';
import type { AppRecords } from './app-records.ts';
import { LookUpBudget } from './look-up-budget.ts';
import { NewestRevisions } from './newest-revisions.ts';

export interface RedisAppStoreOptions {
  readonly records: Pick<AppRecords, 'read'>;
  /** The apps that this node is responsible for, which it finds without Redis. */
  readonly apps: Pick<OwnApps, 'find'>;
  /** A monotonic clock, in milliseconds. */
  readonly nowMs: () => number;
  /** The time by the cluster's clock. */
  readonly clusterNowMs: () => number;
}

/** The outcome of looking up an app in Redis. `limited`: Redis was not asked, because there were too many look-ups of unknown ids. */
export type AppLookUpOutcome = 'found' | 'absent' | 'refused' | 'limited';

/** `rollback`: a node has replaced this record since. */
export type AppRecordRefusal = AppRecordDefect | 'rollback';

interface KnownApp {
  readonly app: App;
  /** When Redis was last asked. */
  checkedAtMs: number;
  /** When its record was last seen. */
  readonly seenAtMs: number;
}

const FRESH_MS = 60_000;
/** Short, because a node may be about to write the record. */
const FRESH_ABSENCE_MS = 5_000;
/** For a day, a remembered app is used when Redis does not answer or holds a record that no node has signed. */
const STALE_MS = 24 * 3_600_000;
/** Limits each of the caches. Ids come from unauthenticated callers: absent ones must neither evict existing apps nor fill the memory. */
const MAX_REMEMBERED = 10_000;
/** Limits look-ups of ids that this node does not know; known apps are looked up once a minute each. */
const UNKNOWN_IDS_PER_SECOND = 500;
const RETRY_AFTER_MS = 1_000;

/** The apps of all nodes, each of which announces those in its own configuration. */
export class RedisAppStore implements AppStore {
  readonly #options: RedisAppStoreOptions;
  readonly #known = new Map<AppId, KnownApp>();
  /** By id: when Redis was found to have no acceptable record. */
  readonly #absentSinceMs = new Map<AppId, number>();
  readonly #newest = new NewestRevisions(MAX_REMEMBERED);
  readonly #budget: LookUpBudget;
  /** The number of change notices that this node has received. */
  #changes = 0;
  /** Reads in progress. */
  readonly #reading = new Map<AppId, Promise<App | undefined>>();
  readonly #lookUps: Record<AppLookUpOutcome, number> = { found: 0, absent: 0, refused: 0, limited: 0 };
  readonly #refused: Record<AppRecordRefusal, number> = { signature: 0, content: 0, date: 0, rollback: 0 };

  constructor(options: RedisAppStoreOptions) {
    this.#options = options;
    this.#budget = new LookUpBudget(UNKNOWN_IDS_PER_SECOND, options.nowMs);
  }

  /** Counts by outcome, including zeros; a copy. */
  get lookUps(): Readonly<Record<AppLookUpOutcome, number>> {
    return { ...this.#lookUps };
  }

  /** Records that were refused, by reason; a copy. */
  get recordsRefused(): Readonly<Record<AppRecordRefusal, number>> {
    return { ...this.#refused };
  }

  /**
   * @param asker the caller that the look-up of an unknown id is counted against; undefined for another node, which has
   * seen the app
   * @throws SfuError `registry_unavailable` if the answer requires Redis and Redis cannot be reached; `rate_limited` if
   * Redis is not asked because this asker, or all askers together, have looked up too many unknown ids
   */
  async findApp(id: AppId, asker?: string): Promise<App | undefined> {
    const own = this.#options.apps.find(id);
    if (own !== undefined) return own;
    const nowMs = this.#options.nowMs();
    const known = this.#known.get(id);
    if (known === undefined) return this.#findUnknown(id, asker, nowMs);
    if (nowMs - known.checkedAtMs < FRESH_MS) return known.app;
    try {
      return await this.#readOnce(id);
    } catch (error) {
      if (nowMs - known.seenAtMs < STALE_MS) return known.app;
      throw error;
    }
  }

  /**
   * Makes the next look-up of an app read its record again, because the record has changed.
   *
   * @param id undefined for all apps, if it is not known which has changed
   */
  forget(id?: AppId): void {
    this.#changes++;
    if (id === undefined) {
      for (const known of this.#known.values()) known.checkedAtMs = Number.NEGATIVE_INFINITY;
      this.#absentSinceMs.clear();
      return;
    }
    const known = this.#known.get(id);
    if (known !== undefined) known.checkedAtMs = Number.NEGATIVE_INFINITY;
    this.#absentSinceMs.delete(id);
    // A read in progress may return the record from before the change.
    this.#reading.delete(id);
  }

  #findUnknown(id: AppId, asker: string | undefined, nowMs: number): Promise<App | undefined> {
    const absentSinceMs = this.#absentSinceMs.get(id) ?? Number.NEGATIVE_INFINITY;
    if (nowMs - absentSinceMs < FRESH_ABSENCE_MS) return Promise.resolve(undefined);
    const isFree = asker === undefined || this.#reading.has(id);
    if (isFree || this.#budget.take(asker)) return this.#readOnce(id);
    this.#lookUps.limited++;
    const message = 'too many calls for apps that this node does not know; try again in a second';
    throw new SfuError('rate_limited', message, { retryAfterMs: RETRY_AFTER_MS });
  }

  #readOnce(id: AppId): Promise<App | undefined> {
    const begun = this.#reading.get(id);
    if (begun !== undefined) return begun;
    const reading = this.#read(id).finally(() => {
      if (this.#reading.get(id) === reading) this.#reading.delete(id);
    });
    this.#reading.set(id, reading);
    return reading;
  }

  async #read(id: AppId): Promise<App | undefined> {
    const changesBefore = this.#changes;
    const { reading } = await this.#options.records.read(id);
    // If the record may have changed since it was read, the next look-up reads it again.
    const nowMs = changesBefore === this.#changes ? this.#options.nowMs() : Number.NEGATIVE_INFINITY;
    const refusal = this.#refusalOf(reading);
    if (refusal !== undefined) {
      this.#refused[refusal]++;
      this.#lookUps.refused++;
      return this.#keepKnown(id) ?? this.#noteAbsence(id, nowMs);
    }
    if (reading.type !== 'record' || reading.record.isRemoved) {
      this.#lookUps.absent++;
      return this.#noteAbsence(id, nowMs);
    }
    this.#lookUps.found++;
    const { app } = reading.record;
    this.#absentSinceMs.delete(id);
    putNewest(this.#known, id, { app, checkedAtMs: nowMs, seenAtMs: this.#options.nowMs() });
    return app;
  }

  #refusalOf(reading: AppReading): AppRecordRefusal | undefined {
    if (reading.type === 'refused') return reading.defect;
    if (reading.type === 'absent') return undefined;
    return this.#newest.admits(reading.record, this.#options.clusterNowMs()) ? undefined : 'rollback';
  }

  /** Keeps a known app when its record is refused: such a record proves nothing about the app, not even that it was removed. */
  #keepKnown(id: AppId): App | undefined {
    const nowMs = this.#options.nowMs();
    const known = this.#known.get(id);
    if (known === undefined || nowMs - known.seenAtMs >= STALE_MS) return undefined;
    known.checkedAtMs = nowMs;
    return known.app;
  }

  #noteAbsence(id: AppId, nowMs: number): undefined {
    this.#known.delete(id);
    putNewest(this.#absentSinceMs, id, nowMs);
  }
}

/** Evicts the entry that was put least recently if there are too many. */
function putNewest<Value>(remembered: Map<AppId, Value>, id: AppId, value: Value): void {
  remembered.delete(id);
  remembered.set(id, value);
  const [oldest] = remembered.keys();
  if (remembered.size > MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
}
