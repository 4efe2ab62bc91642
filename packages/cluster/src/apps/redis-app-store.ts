import type { App, AppStore, OwnApps } from '@causeway/accounts';
import { type AppId, SfuError } from '@causeway/protocol';
import type { AppReading, AppRecordDefect } from './app-record.ts';
import type { AppRecords } from './app-records.ts';
import { LookUpBudget } from './look-up-budget.ts';
import { NewestRevisions } from './newest-revisions.ts';

export interface RedisAppStoreOptions {
  readonly records: Pick<AppRecords, 'read'>;
  /** The apps that this node is responsible for, which are found without Redis. */
  readonly apps: Pick<OwnApps, 'find'>;
  /** Milliseconds on a clock that never goes back. */
  readonly nowMs: () => number;
  /** The time that all nodes agree on. */
  readonly clusterNowMs: () => number;
}

/** What became of looking an app up in Redis. `limited`: it was not asked, because too many unknown ids are asked for. */
export type AppLookUpOutcome = 'found' | 'absent' | 'refused' | 'limited';

/** `rollback`: a node has replaced this record since. */
export type AppRecordRefusal = AppRecordDefect | 'rollback';

interface KnownApp {
  readonly app: App;
  /** When Redis was asked last. */
  checkedAtMs: number;
  /** When its record was seen last. */
  readonly seenAtMs: number;
}

const FRESH_MS = 60_000;
/** A node may be about to write it. */
const FRESH_ABSENCE_MS = 5_000;
/** For a day, what is known of an app is better than nothing, when Redis does not answer or has a record that no node signed. */
const STALE_MS = 24 * 3_600_000;
/** Ids come from strangers: absent ones must not drive out those that exist, nor fill the memory. */
const MAX_REMEMBERED = 10_000;
/** Limits look-ups of ids that this node does not know; apps that it knows are looked up once a minute each. */
const UNKNOWN_IDS_PER_SECOND = 500;
const RETRY_AFTER_MS = 1_000;

/** Apps of all nodes, each of which announces those of its own configuration. */
export class RedisAppStore implements AppStore {
  readonly #options: RedisAppStoreOptions;
  readonly #known = new Map<AppId, KnownApp>();
  /** By id: when Redis had no record that can be believed. */
  readonly #absentSinceMs = new Map<AppId, number>();
  readonly #newest = new NewestRevisions(MAX_REMEMBERED);
  readonly #budget: LookUpBudget;
  /** How often this node was told that records have changed. */
  #changes = 0;
  /** Readings that are under way. */
  readonly #reading = new Map<AppId, Promise<App | undefined>>();
  readonly #lookUps: Record<AppLookUpOutcome, number> = { found: 0, absent: 0, refused: 0, limited: 0 };
  readonly #refused: Record<AppRecordRefusal, number> = { signature: 0, content: 0, date: 0, rollback: 0 };

  constructor(options: RedisAppStoreOptions) {
    this.#options = options;
    this.#budget = new LookUpBudget(UNKNOWN_IDS_PER_SECOND, options.nowMs);
  }

  /** How many, zeros included; a copy. */
  get lookUps(): Readonly<Record<AppLookUpOutcome, number>> {
    return { ...this.#lookUps };
  }

  /** Records that were not believed, by why; a copy. */
  get recordsRefused(): Readonly<Record<AppRecordRefusal, number>> {
    return { ...this.#refused };
  }

  /**
   * @param asker whom the look-up of an unknown id counts against; undefined for another node, which has seen the app
   * @throws SfuError `registry_unavailable` – only Redis could tell, and it cannot be asked; `rate_limited` – it is not asked,
   *   because this asker, or all of them, have asked for too many unknown ids
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
   * Has an app read again when it is next asked for, because its record has changed.
   *
   * @param id undefined for all apps: what has changed is not known
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
    // What is being read may be what was there before.
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
    // What was read may have changed since: then it is read again when it is next asked for.
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

  /** A record that no node stands behind says nothing about an app, not even that it is gone. */
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

/** Makes room by forgetting what was put longest ago. */
function putNewest<Value>(remembered: Map<AppId, Value>, id: AppId, value: Value): void {
  remembered.delete(id);
  remembered.set(id, value);
  const [oldest] = remembered.keys();
  if (remembered.size > MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
}
