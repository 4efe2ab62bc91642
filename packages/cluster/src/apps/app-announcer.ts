import { type App, digestSecret, generateSecret, type MirroredChange, type OwnApps } from '@causeway/accounts';
import { type AppId, DEFAULT_APP_SETTINGS } from '@causeway/protocol';
import type { CancelTimer } from '@causeway/sfu';
import type { Timers } from '../time/cluster-clock.ts';
import type { AppReading, AppRecord, AppRecordDefect } from './app-record.ts';
import type { AppRecords, StoredApp } from './app-records.ts';

export interface AppAnnouncerOptions {
  readonly records: AppRecords;
  /** The apps that this node is responsible for. */
  readonly apps: OwnApps;
  readonly timers: Timers;
  /** The time that all nodes agree on. */
  readonly clusterNowMs: () => number;
  /** A record of a configured app was not to be believed, and is written again. */
  readonly onDefect: (appId: AppId, defect: AppRecordDefect) => void;
  /** Another record of an app is in Redis than before. */
  readonly onWritten: (appId: AppId) => void;
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
 * Tells the other nodes of the apps that this one is responsible for, from its configuration and its books alone: a record that is found
 * in Redis is signed again only if it says the same. The node that was started last is right where configurations differ, and the latest
 * change of the books.
 */
export class AppAnnouncer {
  readonly #options: AppAnnouncerOptions;
  readonly #revisions = new Map<AppId, number>();
  readonly #announced = new Set<AppId>();
  /** Apps that were removed from the books, of which the others have not been told. */
  readonly #removed = new Set<AppId>();
  readonly #stopListening: () => void;
  #cancelTimer: CancelTimer | undefined;
  #hasStopped = false;

  constructor(options: AppAnnouncerOptions) {
    this.#options = options;
    this.#stopListening = options.apps.onChanged((change) => this.#noteChange(change));
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
    this.#stopListening();
    this.#cancelTimer?.();
  }

  /** @returns false if Redis did not take all of them: other nodes know them from nowhere else */
  async #announceAll(): Promise<boolean> {
    const { apps } = this.#options.apps;
    let isComplete = await this.#announceRemoved();
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
    const isOther = reading.type !== 'record' || reading.record.isRemoved || !records.says(reading.signedApp, app);
    if (draft !== undefined && isOther) this.#options.onWritten(app.id);
    if (reading.type === 'refused') onDefect(app.id, reading.defect);
    this.#announced.add(app.id);
    return true;
  }

  /** A change is news, whatever this node has said before. */
  #noteChange({ changed, removed }: MirroredChange): void {
    for (const { id } of changed) this.#removed.delete(id);
    for (const id of removed) this.#removed.add(id);
    for (const id of [...changed.map((app) => app.id), ...removed]) {
      this.#revisions.delete(id);
      this.#announced.delete(id);
    }
    this.announce();
  }

  /** @returns false if Redis did not take all of it */
  async #announceRemoved(): Promise<boolean> {
    const outcomes = await Promise.all([...this.#removed].map((id) => this.#announceRemoval(id).catch(() => false)));
    return outcomes.every((isAnnounced) => isAnnounced);
  }

  /** A record that is merely deleted could be played back. */
  async #announceRemoval(id: AppId): Promise<boolean> {
    const { text, reading } = await this.#readStored(id);
    const nowMs = Math.round(this.#options.clusterNowMs());
    const revision = reading.type === 'record' ? Math.max(nowMs, reading.record.revision + 1) : nowMs;
    // Nodes of earlier versions need a digest. The secret of this one is told to no caller.
    const app: App = { id, secretDigests: [digestSecret(generateSecret())], settings: DEFAULT_APP_SETTINGS };
    if (!(await this.#options.records.replace(text, { app, revision, isRemoved: true }))) return false;
    this.#removed.delete(id);
    this.#options.onWritten(id);
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
    if (!reading.record.isRemoved && this.#options.records.says(reading.signedApp, app)) {
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
