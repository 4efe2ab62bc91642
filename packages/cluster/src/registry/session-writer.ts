import { SfuError } from '@causeway/protocol';
import type { AppHistory } from './app-history.ts';
import type { OwnPublication, OwnRecords, OwnSession } from './own-records.ts';
import { writePublication, writeSessionRecord } from './record-text.ts';
import type { Life, RegistryScripts, WriteReply } from './registry-scripts.ts';

export interface SessionWriterOptions {
  readonly life: Life;
  readonly scripts: RegistryScripts;
  readonly own: OwnRecords;
  readonly historyOf: (appId: string) => AppHistory;
  /** Called when it is not known whether Redis has the last write about this session. */
  readonly onUnconfirmed: (appId: string, sessionId: string) => void;
}

/** The part of a session to write: everything, its record, or one of its tracks or data channels. */
export type SessionChange =
  | { readonly type: 'whole' }
  | { readonly type: 'record' }
  | { readonly type: 'publication'; readonly publicationId: string };

interface Batch {
  isWhole: boolean;
  isRecordChanged: boolean;
  readonly publicationIds: Set<string>;
  readonly done: PromiseWithResolvers<void>;
}

interface Lane {
  next: Batch | undefined;
  readonly finished: PromiseWithResolvers<void>;
}

/**
 * Writes changes of sessions to Redis. A session has one write in progress at a time, which contains all changes since
 * the last write in their *current* state, so writes cannot overtake each other.
 */
export class SessionWriter {
  readonly #options: SessionWriterOptions;
  readonly #lanes = new Map<string, Lane>();
  /** Apps that this life is registered with, so that its records there can be found after it has died. */
  readonly #apps = new Map<string, Promise<void>>();

  constructor(options: SessionWriterOptions) {
    this.#options = options;
  }

  /**
   * Resolves when Redis has the change, or when Redis cannot be reached; `onUnconfirmed` has then been called.
   *
   * @throws Error if Redis rejects the write, which is a defect of this program
   */
  write(appId: string, sessionId: string, change: SessionChange): Promise<void> {
    const key = `${appId}/${sessionId}`;
    const lane = this.#lanes.get(key);
    const next = lane?.next ?? newBatch();
    addTo(next, change);
    if (lane !== undefined) lane.next = next;
    else {
      const started: Lane = { next, finished: Promise.withResolvers() };
      this.#lanes.set(key, started);
      // Other changes of the same turn are written together.
      queueMicrotask(() => void this.#run(key, appId, sessionId, started));
    }
    return next.done.promise;
  }

  /** Registers the life again on its next write to each app, because Redis may have lost the registrations. */
  forgetRegistrations(): void {
    this.#apps.clear();
  }

  /** Resolves when all writes that are in progress now have succeeded or failed. */
  async settled(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map(({ finished }) => finished.promise));
  }

  async #run(key: string, appId: string, sessionId: string, lane: Lane): Promise<void> {
    for (let batch = lane.next; batch !== undefined; batch = lane.next) {
      lane.next = undefined;
      await this.#send(appId, sessionId, batch).then(batch.done.resolve, batch.done.reject);
    }
    this.#lanes.delete(key);
    lane.finished.resolve();
  }

  async #send(appId: string, sessionId: string, batch: Batch): Promise<void> {
    const history = this.#options.historyOf(appId);
    try {
      await this.#register(appId);
      const reply = await this.#sendOnce(appId, sessionId, batch, history);
      if (reply.type === 'lost') await this.#sendOnce(appId, sessionId, { ...batch, isWhole: true }, history);
    } catch (error) {
      this.#options.onUnconfirmed(appId, sessionId);
      if (!(error instanceof SfuError)) throw error;
    }
  }

  async #sendOnce(appId: string, sessionId: string, batch: Batch, history: AppHistory): Promise<WriteReply> {
    const { life, scripts, own } = this.#options;
    const revisions = { revision: history.next(), confirmed: history.confirmed };
    const session = own.find(appId, sessionId);
    const reply = await (session === undefined
      ? scripts.remove(life, { appId, sessionId, ...revisions })
      : scripts.write(life, { appId, sessionId, ...revisions, ...contentOf(session, batch) }));
    if (reply.type === 'written') history.confirm(revisions.revision);
    if (reply.type === 'behind' || reply.type === 'lost') history.noteLoss();
    if (session !== undefined && (reply.type === 'written' || reply.type === 'behind')) session.serial = reply.serial;
    return reply;
  }

  #register(appId: string): Promise<void> {
    const { life, scripts } = this.#options;
    const known = this.#apps.get(appId);
    if (known !== undefined) return known;
    const registering = scripts.plain.registerApp(life, appId);
    this.#apps.set(appId, registering);
    registering.catch(() => this.#apps.delete(appId));
    return registering;
  }
}

function newBatch(): Batch {
  return { isWhole: false, isRecordChanged: false, publicationIds: new Set(), done: Promise.withResolvers() };
}

function addTo(batch: Batch, change: SessionChange): void {
  if (change.type === 'whole') batch.isWhole = true;
  else if (change.type === 'record') batch.isRecordChanged = true;
  else batch.publicationIds.add(change.publicationId);
}

function contentOf({ record, tracks, dataChannels, serial }: OwnSession, { isWhole, isRecordChanged, publicationIds }: Batch) {
  const told = isWhole ? [...tracks.keys(), ...dataChannels.keys()] : [...publicationIds];
  const find = (id: string): OwnPublication | undefined => {
    const channel = dataChannels.get(id);
    return tracks.get(id) ?? (channel && { channel });
  };
  return {
    serial,
    isWhole,
    record: isWhole || isRecordChanged ? writeSessionRecord(record) : undefined,
    putTracks: told.flatMap((id) => {
      const publication = find(id);
      return publication === undefined ? [] : [[id, writePublication(publication)] as const];
    }),
    removedTracks: told.filter((id) => find(id) === undefined),
  };
}
