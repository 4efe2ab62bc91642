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
  /** Called when the stored record of a configured app was refused and is being rewritten. */
  readonly onDefect: (appId: AppId, defect: AppRecordDefect) => void;
  /** Called after this node has written a record that differs from the one in Redis. */
  readonly onWritten: (appId: AppId) => void;
}

type Draft = Omit<AppRecord, 'issuedAtMs'>;

const RETRY_MS = 2_000;
/** A record that was corrupted or replayed is rewritten within this time. */
const CHECK_INTERVAL_MS = 5 * 60_000;
/** Records are dated again long before they expire, so that a few hours without Redis do no harm. */
const REDATE_AFTER_MS = 3_600_000;
/** The number of apps whose records are compared concurrently. */
const CHUNK_SIZE = 100;

/**
 * Publishes the apps that this node is responsible for to the other nodes. Its configuration and its books are the only
 * source: a record that is found in Redis is signed again only if it has the same content. Where configurations differ,
 * the node that started last wins; where the books differ, the latest change wins.
 */
export class AppAnnouncer {
  readonly #options: AppAnnouncerOptions;
  readonly #revisions = new Map<AppId, number>();
  readonly #announced = new Set<AppId>();
  /** Apps that were removed from the books but whose removal has not been written to Redis yet. */
  readonly #removed = new Set<AppId>();
  readonly #stopListening: () => void;
  #cancelTimer: CancelTimer | undefined;
  #hasStopped = false;

  constructor(options: AppAnnouncerOptions) {
    this.#options = options;
    this.#stopListening = options.apps.onChanged((change) => this.#noteChange(change));
  }

  /** Compares the records now, and periodically from then on. */
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

  /** @returns false if Redis did not accept all of them; the other nodes have no other source */
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

  /** @returns false if another node wrote the record at the same time */
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

  /** Discards what this node knows of the changed apps' records, and announces them. */
  #noteChange({ changed, removed }: MirroredChange): void {
    for (const { id } of changed) this.#removed.delete(id);
    for (const id of removed) this.#removed.add(id);
    for (const id of [...changed.map((app) => app.id), ...removed]) {
      this.#revisions.delete(id);
      this.#announced.delete(id);
    }
    this.announce();
  }

  /** @returns false if Redis did not accept all removals */
  async #announceRemoved(): Promise<boolean> {
    const outcomes = await Promise.all([...this.#removed].map((id) => this.#announceRemoval(id).catch(() => false)));
    return outcomes.every((isAnnounced) => isAnnounced);
  }

  /** Writes a removal record, because a record that is only deleted could be replayed. */
  async #announceRemoval(id: AppId): Promise<boolean> {
    const { text, reading } = await this.#readStored(id);
    const nowMs = Math.round(this.#options.clusterNowMs());
    const revision = reading.type === 'record' ? Math.max(nowMs, reading.record.revision + 1) : nowMs;
    // Earlier versions require a digest. Its secret is discarded, so no caller can present it.
    const app: App = { id, secretDigests: [digestSecret(generateSecret())], settings: DEFAULT_APP_SETTINGS };
    if (!(await this.#options.records.replace(text, { app, revision, isRemoved: true }))) return false;
    this.#removed.delete(id);
    this.#options.onWritten(id);
    return true;
  }

  /** Treats a value that is not text like a missing record; the write will show whether Redis answers. */
  #readStored(id: AppId): Promise<StoredApp> {
    return this.#options.records.read(id).catch(() => ({ text: '', reading: { type: 'absent' } }));
  }

  /** @returns undefined if the stored record can stay */
  #draftFor(app: App, reading: AppReading): Draft | undefined {
    const own = this.#revisions.get(app.id) ?? Math.round(this.#options.clusterNowMs());
    if (reading.type !== 'record') return this.#draft(app, own);
    const { revision, issuedAtMs } = reading.record;
    if (!reading.record.isRemoved && this.#options.records.says(reading.signedApp, app)) {
      const isFresh = this.#options.clusterNowMs() - issuedAtMs < REDATE_AFTER_MS;
      return isFresh && revision >= own ? this.#keep(app, revision) : this.#draft(app, Math.max(own, revision));
    }
    if (revision >= own && this.#announced.has(app.id)) return undefined;
    // A node that has just started overrides the stored record, even if the clock of this Redis is behind its
    // predecessor's.
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
