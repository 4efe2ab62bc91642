/** The thread that owns the file of an event store, so that only this thread waits for the disk. */
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { ApiEvent, AppId } from '@causeway/protocol';
import type { LoggedEvent } from './event-log.ts';

export interface StoreStart {
  readonly file: string;
  readonly nowMs: number;
}

export interface StoredEvent {
  readonly epoch: number;
  readonly appId: AppId;
  readonly event: LoggedEvent;
  /** Id in the log of the app; undefined if it is not known to be there. */
  readonly id: string | undefined;
}

export type StoreMessage =
  | { readonly type: 'keep'; readonly appId: AppId; readonly event: LoggedEvent }
  | {
      readonly type: 'appended';
      readonly appId: AppId;
      readonly epoch: number;
      readonly ids: readonly (readonly [serial: number, id: string])[];
    }
  | { readonly type: 'close' };

interface Post {
  readonly epoch: number;
  readonly messages: readonly StoreMessage[];
}

const KEPT_FOR_MS = 10 * 60_000;
/** A node keeps as many in memory. */
const MAX_KEPT = 50_000;
const POSTS_BETWEEN_SWEEPS = 200;

const { file, nowMs } = workerData as StoreStart;
const database = openDatabase();
const insert = database.prepare('INSERT OR IGNORE INTO events (epoch, app, serial, at, session, type, json) VALUES (?, ?, ?, ?, ?, ?, ?)');
const name = database.prepare('UPDATE events SET id = ? WHERE epoch = ? AND app = ? AND serial = ?');
let posts = 0;
let isFailing = false;

sweep(nowMs);
parentPort?.postMessage(readAll());
parentPort?.on('message', write);

function openDatabase(): DatabaseSync {
  const opened = new DatabaseSync(file);
  // A killed process loses nothing this way; after a power failure, the last seconds may be missing. The rollback
  // journal is used because a write-ahead log takes at least 32 KiB.
  opened.exec('PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = OFF;');
  opened.exec(
    `CREATE TABLE IF NOT EXISTS events (
       number INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, app TEXT NOT NULL, serial INTEGER NOT NULL, at INTEGER NOT NULL,
       session TEXT, type TEXT NOT NULL, json TEXT NOT NULL, id TEXT, UNIQUE (epoch, app, serial)
     )`,
  );
  return opened;
}

function readAll(): readonly StoredEvent[] {
  const rows = database.prepare('SELECT * FROM events ORDER BY epoch, serial').all();
  return rows.map(({ epoch, app, serial, at, session, type, json, id }) => ({
    epoch: Number(epoch),
    appId: String(app) as AppId,
    event: {
      serial: Number(serial),
      atMs: Number(at),
      sessionId: session === null ? undefined : String(session),
      type: String(type) as ApiEvent['type'],
      json: String(json),
    },
    id: id === null ? undefined : String(id),
  }));
}

function write({ epoch, messages }: Post): void {
  try {
    writeAll(epoch, messages);
    report(undefined);
  } catch (error) {
    // The disk may be full now and have room later.
    if (database.isTransaction) database.exec('ROLLBACK');
    report(error as Error);
  }
  if (messages.at(-1)?.type === 'close') {
    database.close();
    parentPort?.close();
  }
}

/** Reports only changes of state. */
function report(error: Error | undefined): void {
  if ((error === undefined) !== isFailing) return;
  isFailing = error !== undefined;
  if (error !== undefined) parentPort?.postMessage(error);
}

function writeAll(epoch: number, messages: readonly StoreMessage[]): void {
  database.exec('BEGIN');
  for (const message of messages) {
    if (message.type === 'keep') {
      const { serial, atMs, sessionId, type, json } = message.event;
      insert.run(epoch, message.appId, serial, Math.floor(atMs), sessionId ?? null, type, json);
    } else if (message.type === 'appended') {
      for (const [serial, id] of message.ids) name.run(id, message.epoch, message.appId, serial);
    }
  }
  database.exec('COMMIT');
  const newest = messages.findLast((message) => message.type === 'keep');
  if (newest !== undefined && ++posts % POSTS_BETWEEN_SWEEPS === 0) sweep(newest.event.atMs);
}

function sweep(atMs: number): void {
  database.prepare('DELETE FROM events WHERE at < ?').run(Math.floor(atMs) - KEPT_FOR_MS);
  database.prepare('DELETE FROM events WHERE number <= (SELECT max(number) FROM events) - ?').run(MAX_KEPT);
}
