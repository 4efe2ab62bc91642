/** Keeps a node's events of the last ten minutes in a file, which a separate thread writes, so that they outlive the process. */
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { AppId } from '@causeway/protocol';
import type { LoggedEvent } from './event-log.ts';
import type { EventLife, FormerEvents } from './event-outbox.ts';
import type { StoredEvent, StoreMessage, StoreStart } from './event-store-thread.ts';

export interface EventStore {
  /** The events found when the store was opened, oldest life first. */
  readonly former: readonly FormerEvents[];
  /** Assigns all events kept by this process, before and after this call, to this life. */
  begin(epoch: number): void;
  keep(appId: AppId, event: LoggedEvent): void;
  noteAppended(appId: AppId, life: EventLife, ids: ReadonlyMap<LoggedEvent, string>): void;
  /** Resolves once everything is written. */
  close(): Promise<void>;
}

export interface EventStoreOptions {
  readonly folder: string;
  readonly nodeNo: number;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Called when events cannot be written, and again only after some were written in between. */
  readonly onFailure: (error: unknown) => void;
}

/** @throws the error of the system or of SQLite if the file cannot be used, for example because the disk is full */
export async function openEventStore(options: EventStoreOptions): Promise<EventStore> {
  const { folder, nodeNo, wallClock } = options;
  const start: StoreStart = { file: join(folder, `events-${nodeNo}.sqlite`), nowMs: wallClock() };
  const isSource = import.meta.url.endsWith('.ts');
  const thread = new Worker(new URL(isSource ? './event-store-thread.ts' : './event-store-thread.js', import.meta.url), {
    name: 'events',
    workerData: start,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const [stored] = (await once(thread, 'message')) as [readonly StoredEvent[]];
  return new ThreadEventStore(options, thread, stored);
}

class ThreadEventStore implements EventStore {
  readonly former: readonly FormerEvents[];
  readonly #thread: Worker;
  readonly #ended: Promise<unknown>;
  #epoch: number | undefined;
  #waiting: StoreMessage[] = [];
  #isPosting = false;
  #hasFailed = false;

  constructor({ nodeNo, onFailure }: EventStoreOptions, thread: Worker, stored: readonly StoredEvent[]) {
    this.#thread = thread;
    this.former = formerOf(stored, nodeNo);
    thread.on('message', onFailure);
    this.#ended = new Promise((resolve) => void thread.once('exit', resolve));
    thread.on('error', (error) => {
      this.#hasFailed = true;
      this.#waiting = [];
      onFailure(error);
    });
  }

  begin(epoch: number): void {
    this.#epoch = epoch;
    this.#post();
  }

  keep(appId: AppId, { serial, atMs, sessionId, type, json }: LoggedEvent): void {
    this.#add({ type: 'keep', appId, event: { serial, atMs, sessionId, type, json } });
  }

  noteAppended(appId: AppId, { epoch }: EventLife, ids: ReadonlyMap<LoggedEvent, string>): void {
    this.#add({ type: 'appended', appId, epoch, ids: [...ids].map(([{ serial }, id]) => [serial, id] as const) });
  }

  async close(): Promise<void> {
    if (this.#hasFailed) return;
    this.#add({ type: 'close' });
    this.#epoch ??= 0;
    this.#post();
    await this.#ended;
  }

  #add(message: StoreMessage): void {
    if (this.#hasFailed) return;
    this.#waiting.push(message);
    if (this.#isPosting) return;
    this.#isPosting = true;
    // Events of one turn are written in one transaction.
    setImmediate(() => this.#post());
  }

  #post(): void {
    this.#isPosting = false;
    if (this.#epoch === undefined || this.#waiting.length === 0) return;
    this.#thread.postMessage({ epoch: this.#epoch, messages: this.#waiting });
    this.#waiting = [];
  }
}

function formerOf(stored: readonly StoredEvent[], nodeNo: number): readonly FormerEvents[] {
  const lives = [...Map.groupBy(stored, ({ epoch }) => epoch)].toSorted(([one], [other]) => one - other);
  return lives.map(([epoch, ofLife]) => {
    const ids = new Map<LoggedEvent, string>();
    const events = new Map<AppId, LoggedEvent[]>();
    for (const { appId, event, id } of ofLife) {
      const ofApp = events.get(appId) ?? [];
      ofApp.push(event);
      events.set(appId, ofApp);
      if (id !== undefined) ids.set(event, id);
    }
    return { life: { nodeNo, epoch }, events, ids };
  });
}
