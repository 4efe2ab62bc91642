import type { App, AppStore, OwnApps } from '@causeway/accounts';
import { type AppId, SfuError } from '@causeway/protocol';
import { type AppReading, type AppRecord, type AppRecordDefect, MAX_RECORD_AGE_MS } from './app-record.ts';
import type { AppRecords } from './app-records.ts';

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
  /** When Redis was found to have no acceptable record, by app id. */
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

const WINDOW_MS = 1_000;
/** The most askers that are distinguished in one window, so that forged addresses cannot fill the memory. */
const MAX_ASKERS = 10_000;

/**
 * Divides a number of look-ups per second among the askers. Each gets an equal share, computed from the number of
 * askers in the previous second, and one share is reserved for a new asker. A flood from a few networks therefore
 * leaves the others their shares.
 */
export class LookUpBudget {
  readonly #lookUpsPerSecond: number;
  readonly #nowMs: () => number;
  #windowStartedAtMs = Number.NEGATIVE_INFINITY;
  #left = 0;
  #share = 0;
  /** Look-ups of each asker in this window, including refused ones. */
  #asked = new Map<string, number>();

  /** @param nowMs a monotonic clock, in milliseconds */
  constructor(lookUpsPerSecond: number, nowMs: () => number) {
    this.#lookUpsPerSecond = lookUpsPerSecond;
    this.#nowMs = nowMs;
  }

  /** @returns false if the asker has used its share of this second, or no look-ups are left */
  take(asker: string): boolean {
    this.#turnWindow(this.#nowMs());
    const asked = this.#asked.get(asker) ?? 0;
    if (asked === 0 && this.#asked.size >= MAX_ASKERS) return false;
    this.#asked.set(asker, asked + 1);
    if (asked >= this.#share || this.#left === 0) return false;
    this.#left--;
    return true;
  }

  #turnWindow(nowMs: number): void {
    const ageMs = nowMs - this.#windowStartedAtMs;
    if (ageMs < WINDOW_MS) return;
    const askersBefore = ageMs < 2 * WINDOW_MS ? this.#asked.size : 0;
    this.#windowStartedAtMs = nowMs;
    this.#left = this.#lookUpsPerSecond;
    this.#share = Math.max(1, Math.floor(this.#lookUpsPerSecond / (askersBefore + 1)));
    this.#asked = new Map();
  }
}

interface Newest {
  readonly revision: number;
  /** At this time every record that this node has seen has expired, so none of them can be mistaken for a newer one. */
  readonly untilMs: number;
}

/**
 * The newest record that this node has seen of each app. An older record was replaced and is refused although it is
 * signed, since its secret may be known to a person who has left. The entry is kept when the record disappears from
 * Redis, because an intruder who can write an old record there can also delete the new one first.
 */
class NewestRevisions {
  readonly #maxApps: number;
  readonly #newest = new Map<AppId, Newest>();

  constructor(maxApps: number) {
    this.#maxApps = maxApps;
  }

  /**
   * @param nowMs milliseconds since 1970 by the cluster's clock
   * @returns false for a record that was replaced by a newer one
   */
  admits({ app: { id }, revision, issuedAtMs }: AppRecord, nowMs: number): boolean {
    const newest = this.#newest.get(id);
    if (newest !== undefined && revision < newest.revision && nowMs <= newest.untilMs) return false;
    this.#newest.delete(id);
    this.#newest.set(id, { revision, untilMs: Math.max(newest?.untilMs ?? 0, issuedAtMs + MAX_RECORD_AGE_MS) });
    const [oldest] = this.#newest.keys();
    if (this.#newest.size > this.#maxApps && oldest !== undefined) this.#newest.delete(oldest);
    return true;
  }
}
