import type { AppEventLog, LogEntry, LogReading } from '@causeway/cluster';
import type { AppId } from '@causeway/protocol';
import type { CancelTimer, Clock } from '@causeway/sfu';
import { compareLogIds, describeLoss, formatLogId, isIssuedId, type LogId, parseLogId, parseLogPosition } from './event-ids.ts';
import type { EventSink } from './event-stream.ts';
import { type CheckedEntry, LogCursor } from './log-cursor.ts';

/** What a feed needs in order to read logs. */
export interface FeedServices {
  readonly log: AppEventLog;
  readonly clock: Pick<Clock, 'nowMs' | 'schedule'>;
  /** Milliseconds since 1970, on the clock from which ids are derived. */
  readonly logNowMs: () => number;
}

/** How much later events of other nodes may arrive, in addition to their delay there. */
const INTERVAL_MS = 200;
/** The delay after a full page, when more entries are available. */
const NEXT_PAGE_MS = 20;
const ENTRIES_PER_PAGE = 500;
const RETRY_MS = 500;
/** As long as nodes keep their events. */
const KEPT_FOR_MS = 10 * 60_000;
/** A higher id than any event has. */
const END: LogId = { ms: 999_999_999_999_999, no: 0 };
/** The clocks of two nodes, each extrapolated from that of Redis, differ by less than this. */
const CLOCK_SLACK_MS = 2_000;

/** Reads the log of one app once for all clients of this node that listen to it. */
export class AppFeed {
  readonly #appId: AppId;
  readonly #services: FeedServices;
  readonly #onEnd: () => void;
  readonly #listeners = new Set<EventSink>();
  /** Listeners that have read as far as the feed, or further. */
  readonly #level = new Map<EventSink, LogCursor>();
  /** Undefined until a listener has caught up. */
  #position: LogId | undefined;
  #cancelTimer: CancelTimer | undefined;
  #isReading = false;
  /** Incremented with every read, and to invalidate one that is under way. */
  #readings = 0;

  /** @param onEnd called when the last listener has left */
  constructor(appId: AppId, services: FeedServices, onEnd: () => void) {
    this.#appId = appId;
    this.#services = services;
    this.#onEnd = onEnd;
  }

  /** Sends all events after a position, or only new ones. @param lastEventId as the client sent it */
  join(sink: EventSink, lastEventId: string | undefined): void {
    this.#listeners.add(sink);
    void this.#begin(sink, lastEventId);
  }

  leave(sink: EventSink): void {
    this.#level.delete(sink);
    if (!this.#listeners.delete(sink) || this.#listeners.size > 0) return;
    this.#cancelTimer?.();
    this.#onEnd();
  }

  /** This node has just appended events to the log. */
  hurry(): void {
    if (this.#level.size > 0 && !this.#isReading) this.#schedule(0);
  }

  async #begin(sink: EventSink, lastEventId: string | undefined): Promise<void> {
    const given = lastEventId === undefined ? undefined : parseLogPosition(lastEventId);
    if (given !== undefined) {
      const cursor = new LogCursor(given);
      sink.advance(cursor.text);
      await this.#catchUp(sink, cursor);
      return;
    }
    const { id, isGuess } = await this.#newest();
    if (!this.#listeners.has(sink)) return;
    const cursor = new LogCursor({ id, marks: [] });
    if (lastEventId !== undefined && isIssuedId(lastEventId)) this.#tellLoss(sink, cursor);
    else sink.advance(cursor.text);
    await this.#catchUp(sink, cursor, isGuess);
  }

  async #newest(): Promise<{ readonly id: LogId; readonly isGuess: boolean }> {
    const nowMs = Math.floor(this.#services.logNowMs());
    try {
      const { lastId } = await this.#read(END, 1);
      return { id: parseLogId(lastId ?? '') ?? { ms: nowMs - CLOCK_SLACK_MS, no: 0 }, isGuess: false };
    } catch {
      return { id: { ms: nowMs, no: 0 }, isGuess: true };
    }
  }

  /** @param isGuess whether the cursor was set by the clock, so that events with lower ids may still arrive */
  async #catchUp(sink: EventSink, cursor: LogCursor, isGuess = false): Promise<void> {
    let isFirst = true;
    while (this.#listeners.has(sink) && !sink.isGone) {
      const reading = await this.#read(cursor.id, ENTRIES_PER_PAGE).catch(() => undefined);
      if (reading === undefined) {
        await new Promise<void>((resolve) => void this.#services.clock.schedule(RETRY_MS, resolve));
        continue;
      }
      if (!this.#listeners.has(sink)) return;
      if (isFirst && isGuess) moveBack(cursor, reading);
      if (!this.#skipMissing(sink, cursor, reading) && isFirst && isOlderThanLoss(cursor, reading)) this.#tellLoss(sink, cursor);
      isFirst = false;
      let told = cursor.text;
      for (const entry of reading.entries.flatMap(checkEntry)) {
        if (!sink.hasRoom) await sink.drained();
        if (this.#tell(sink, cursor, entry)) told = cursor.text;
      }
      if (cursor.text !== told) sink.advance(cursor.text);
      if (reading.entries.length < ENTRIES_PER_PAGE) return this.#takeAlong(sink, cursor);
    }
  }

  /** Moves the feed back to the position of a new listener. Listeners that have read further skip repeated events. */
  #takeAlong(sink: EventSink, cursor: LogCursor): void {
    if (!this.#listeners.has(sink)) return;
    if (this.#level.size === 0 || this.#position === undefined || compareLogIds(cursor.id, this.#position) < 0) {
      this.#position = cursor.id;
      this.#readings++;
    }
    this.#level.set(sink, cursor);
    if (this.#level.size === 1) this.#schedule(INTERVAL_MS);
  }

  #schedule(delayMs: number): void {
    this.#cancelTimer?.();
    if (this.#level.size > 0) this.#cancelTimer = this.#services.clock.schedule(delayMs, () => void this.#readOn());
  }

  /** Reads the next page. Never rejects. */
  async #readOn(): Promise<void> {
    if (this.#position === undefined || this.#isReading) return;
    this.#isReading = true;
    const number = ++this.#readings;
    const reading = await this.#read(this.#position, ENTRIES_PER_PAGE).catch(() => undefined);
    this.#isReading = false;
    // A listener that is still before the start of this page could not use it.
    if (reading !== undefined && number === this.#readings) this.#passOn(reading);
    const isPageFull = reading?.entries.length === ENTRIES_PER_PAGE;
    this.#schedule(reading === undefined ? RETRY_MS : isPageFull ? NEXT_PAGE_MS : INTERVAL_MS);
  }

  #passOn(reading: LogReading): void {
    const entries = reading.entries.flatMap(checkEntry);
    this.#position = entries.at(-1)?.id ?? this.#position;
    for (const [sink, cursor] of this.#level) {
      this.#skipMissing(sink, cursor, reading);
      let told = cursor.text;
      for (const entry of entries) if (this.#tell(sink, cursor, entry)) told = cursor.text;
      // A client that reconnects with its position before a loss could not tell after the next one what it has read
      // again.
      if (cursor.text !== told) sink.advance(cursor.text);
    }
  }

  /** @returns whether entries after the cursor are no longer kept */
  #skipMissing(sink: EventSink, cursor: LogCursor, { cutId }: LogReading): boolean {
    const cut = parseLogId(cutId ?? '');
    if (cut === undefined || compareLogIds(cut, cursor.id) <= 0) return false;
    cursor.moveTo(cut);
    this.#tellLoss(sink, cursor);
    return true;
  }

  #tellLoss(sink: EventSink, cursor: LogCursor): void {
    sink.send(cursor.text, describeLoss(this.#services.logNowMs()));
  }

  /** @returns whether the entry was new to the listener, and was sent */
  #tell(sink: EventSink, cursor: LogCursor, entry: CheckedEntry): boolean {
    if (!cursor.pass(entry) || entry.type !== 'event') return false;
    sink.send(cursor.text, entry.json);
    return true;
  }

  #read(after: LogId, maxEntries: number): Promise<LogReading> {
    return this.#services.log.read(this.#appId, formatLogId(after), maxEntries);
  }
}

function moveBack(cursor: LogCursor, { lastId }: LogReading): void {
  const last = parseLogId(lastId ?? '');
  if (last !== undefined && compareLogIds(last, cursor.id) < 0) cursor.moveTo(last);
}

/** Whether events between the two may have been too old to be appended again. */
function isOlderThanLoss(cursor: LogCursor, { lossId }: LogReading): boolean {
  const loss = parseLogId(lossId ?? '');
  return loss !== undefined && cursor.id.ms < loss.ms - KEPT_FOR_MS;
}

/**
 * Validates an entry, since Redis may contain anything: entries that are not events are dropped, and events have no
 * line breaks afterwards.
 */
function checkEntry(entry: LogEntry): readonly CheckedEntry[] {
  const id = parseLogId(entry.id);
  if (id === undefined) return [];
  if (entry.type === 'loss') return [{ type: 'loss', id }];
  const json = asEvent(entry.json);
  return json === undefined ? [] : [{ type: 'event', id, json, formerId: parseLogId(entry.formerId ?? '') }];
}

function asEvent(text: string): string | undefined {
  try {
    const event: unknown = JSON.parse(text);
    const isEvent = typeof event === 'object' && event !== null && typeof (event as { readonly type?: unknown }).type === 'string';
    return isEvent ? JSON.stringify(event) : undefined;
  } catch {
    return undefined;
  }
}
