import type { App } from '@causeway/accounts';
import type { AppId } from '@causeway/protocol';
import type { CancelTimer } from '@causeway/sfu';
import type { Timers } from '../time/cluster-clock.ts';
import type { AppReading, AppRecord, AppRecordDefect } from './app-record.ts';
import type { AppRecords, StoredApp } from './app-records.ts';

export interface AppAnnouncerOptions {
  readonly records: AppRecords;
  /** The apps of this node's configuration. */
  readonly apps: readonly App[];
  readonly timers: Timers;
  /** The time that all nodes agree on. */
  readonly clusterNowMs: () => number;
  /** A record of a configured app was not to be believed, and is written again. */
  readonly onDefect: (appId: AppId, defect: AppRecordDefect) => void;
}

type Draft = Omit<AppRecord, 'issuedAtMs'>;

const RETRY_MS = 2_000;
/** A record that was damaged or played back is written again within this time. */
const CHECK_INTERVAL_MS = 5 * 60_000;
/** Records are dated again long before they are too old, so that a few hours without Redis do not matter. */
const REDATE_AFTER_MS = 3_600_000;
/** Apps whose records are looked at together. */
const CHUNK_SIZE = 100;

/**
 * Tells the other nodes of the apps that this one is configured with, from its configuration alone: a record that is found in
 * Redis is signed again only if it says the same. The node that was started last is right where configurations differ.
 */
export class AppAnnouncer {
  readonly #options: AppAnnouncerOptions;
  readonly #revisions = new Map<AppId, number>();
  readonly #announced = new Set<AppId>();
  #cancelTimer: CancelTimer | undefined;
  #hasStopped = false;

  constructor(options: AppAnnouncerOptions) {
    this.#options = options;
  }

  /** Looks at the records now, and again and again from now on. */
  announce(): void {
    void this.#announceAll().then((isComplete) => {
      this.#cancelTimer?.();
      if (this.#hasStopped) return;
      const delayMs = isComplete ? CHECK_INTERVAL_MS : RETRY_MS;
      this.#cancelTimer = this.#options.timers.schedule(delayMs, () => this.announce());
    });
  }

  stop(): void {
    this.#hasStopped = true;
    this.#cancelTimer?.();
  }

  /** @returns false if Redis did not take all of them: other nodes know them from nowhere else */
  async #announceAll(): Promise<boolean> {
    const { apps } = this.#options;
    let isComplete = true;
    for (let first = 0; first < apps.length && !this.#hasStopped; first += CHUNK_SIZE) {
      const chunk = apps.slice(first, first + CHUNK_SIZE);
      const outcomes = await Promise.all(chunk.map((app) => this.#announceApp(app).catch(() => false)));
      isComplete &&= outcomes.every((isAnnounced) => isAnnounced);
    }
    return isComplete;
  }

  /** @returns false if another node has written at the same time */
  async #announceApp(app: App): Promise<boolean> {
    const { records, onDefect } = this.#options;
    const { text, reading } = await this.#readStored(app.id);
    const draft = this.#draftFor(app, reading);
    if (draft !== undefined && !(await records.replace(text, draft))) return false;
    if (reading.type === 'refused') onDefect(app.id, reading.defect);
    this.#announced.add(app.id);
    return true;
  }

  /** A value that is not text is replaced like a missing record; the write will show whether Redis answers. */
  #readStored(id: AppId): Promise<StoredApp> {
    return this.#options.records.read(id).catch(() => ({ text: '', reading: { type: 'absent' } }));
  }

  /** @returns undefined if the record can stay as it is */
  #draftFor(app: App, reading: AppReading): Draft | undefined {
    const own = this.#revisions.get(app.id) ?? Math.round(this.#options.clusterNowMs());
    if (reading.type !== 'record') return this.#draft(app, own);
    const { revision, issuedAtMs } = reading.record;
    if (this.#options.records.says(reading.signedApp, app)) {
      const isFresh = this.#options.clusterNowMs() - issuedAtMs < REDATE_AFTER_MS;
      return isFresh && revision >= own ? this.#keep(app, revision) : this.#draft(app, Math.max(own, revision));
    }
    if (revision >= own && this.#announced.has(app.id)) return undefined;
    // A start is news, even by the clock of a Redis that is behind the one before it.
    return this.#draft(app, Math.max(own, revision + 1));
  }

  #draft(app: App, revision: number): Draft {
    this.#revisions.set(app.id, revision);
    return { app, revision };
  }

  #keep(app: App, revision: number): undefined {
    this.#revisions.set(app.id, revision);
  }
}
