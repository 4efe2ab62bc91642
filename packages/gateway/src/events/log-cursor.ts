import { compareLogIds, formatLogId, type LogId, type LogPosition } from './event-ids.ts';

/** A validated entry of an app's log. */
export type CheckedEntry =
  | { readonly type: 'event'; readonly id: LogId; readonly json: string; readonly formerId: LogId | undefined }
  | { readonly type: 'loss'; readonly id: LogId };

/** Lost events are appended again within this time, or are too old to be kept. */
const RESTORED_WITHIN_MS = 11 * 60_000;

/** The position of one client in the log of an app, which it reads in order. */
export class LogCursor {
  #id: LogId;
  /** The client has read the events that were known under ids up to this one before they were appended again. */
  #formerId: LogId;
  #hasPassedLoss: boolean;

  constructor({ id, formerId }: LogPosition) {
    this.#id = id;
    this.#formerId = formerId ?? id;
    this.#hasPassedLoss = formerId !== undefined;
  }

  get id(): LogId {
    return this.#id;
  }

  /** The position in the form that the client receives. */
  get text(): string {
    const id = formatLogId(this.#id);
    const isMixed = this.#hasPassedLoss && this.#id.ms - this.#formerId.ms < RESTORED_WITHIN_MS;
    return isMixed ? `${id}~${formatLogId(this.#formerId)}` : id;
  }

  /** @returns whether the entry is new to the client, which has read it afterwards */
  pass(entry: CheckedEntry): boolean {
    if (compareLogIds(entry.id, this.#id) <= 0) return false;
    if (entry.type === 'loss') {
      this.#formerId = this.#id;
      this.#hasPassedLoss = true;
    }
    this.#id = entry.id;
    return entry.type === 'event' && (entry.formerId === undefined || compareLogIds(entry.formerId, this.#formerId) > 0);
  }

  /** Skips entries that can no longer be read. */
  moveTo(id: LogId): void {
    this.#id = id;
  }
}
