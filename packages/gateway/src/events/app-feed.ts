import type { AppEventLog, LogEntry, LogReading } from '@causeway/cluster';
import type { AppId } from '@causeway/protocol';
import type { CancelTimer, Clock } from '@causeway/sfu';
import { compareLogIds, describeLoss, formatLogId, isIssuedId, type LogId, parseLogId, parseLogPosition } from './event-ids.ts';
import type { EventSink } from './event-stream.ts';
import { type CheckedEntry, LogCursor } from './log-cursor.ts';

/** What the reading of logs needs. */
export interface FeedServices {
  readonly log: AppEventLog;
  readonly clock: Pick<Clock, 'nowMs' | 'schedule'>;
  /** Milliseconds since 1970, by the clock that ids are made from. */
  readonly logNowMs: () => number;
}

/** How late an event of another node may be, beside the time that it waits there. */
const INTERVAL_MS = 200;
/** After a full page, when there is more. */
const NEXT_PAGE_MS = 20;
const ENTRIES_PER_PAGE = 500;
const RETRY_MS = 500;
/** As long as nodes keep their events. */
const KEPT_FOR_MS = 10 * 60_000;
/** No event has such an id. */
const END: LogId = { ms: 999_999_999_999_999, no: 0 };
/** The clocks of two nodes, continued from that of Redis, may differ by less. */
const CLOCK_SLACK_MS = 2_000;

/** Reads the log of one app once for all who listen to it on this node. */
export class AppFeed {
  readonly #appId: AppId;
  readonly #services: FeedServices;
  readonly #onEnd: () => void;
  readonly #listeners = new Set<EventSink>();
  /** Those who have read as far as the feed, or further. */
  readonly #level = new Map<EventSink, LogCursor>();
  /** Undefined until a listener is level. */
  #position: LogId | undefined;
  #cancelTimer: CancelTimer | undefined;
  #isReading = false;
  /** Grows with every reading, and when one is of no use. */
  #readings = 0;

  /** @param onEnd the last listener has left */
  constructor(appId: AppId, services: FeedServices, onEnd: () => void) {
    this.#appId = appId;
    this.#services = services;
    this.#onEnd = onEnd;
  }

  /** Tells all that comes after the position, or all from now on. @param lastEventId as the listener gives it */
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

  /** Something has just been appended by this node. */
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
    const cursor = new LogCursor({ id, formerId: undefined });
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

  /** @param isGuess the cursor was set by the clock, and there may be events with lower ids to come */
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

  /** The feed goes back to where the new one stands; who has read further passes over what comes again. */
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

  /** Never rejects. */
  async #readOn(): Promise<void> {
    if (this.#position === undefined || this.#isReading) return;
    this.#isReading = true;
    const number = ++this.#readings;
    const reading = await this.#read(this.#position, ENTRIES_PER_PAGE).catch(() => undefined);
    this.#isReading = false;
    // It is of no use to those who stand before its beginning.
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
      // A client that came back with its position before a loss would not know what it had read again by the next one.
      if (cursor.text !== told) sink.advance(cursor.text);
    }
  }

  /** @returns whether something after the cursor is no longer kept */
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

  /** @returns whether the listener had not read the entry, and has been sent it */
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

/** What happened between the two may have been too old to be appended again. */
function isOlderThanLoss(cursor: LogCursor, { lossId }: LogReading): boolean {
  const loss = parseLogId(lossId ?? '');
  return loss !== undefined && cursor.id.ms < loss.ms - KEPT_FOR_MS;
}

/** Redis may hold anything: what is no event is left out, and what is one has no line breaks afterwards. */
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
