import { compareLogIds, formatLogId, type LogId, type LogPosition } from './event-ids.ts';

/** An entry of the log of an app, read and checked. */
export type CheckedEntry =
  | { readonly type: 'event'; readonly id: LogId; readonly json: string; readonly formerId: LogId | undefined }
  | { readonly type: 'loss'; readonly id: LogId };

/** What has been lost comes again within this time, or is too old to be kept. */
const RESTORED_WITHIN_MS = 11 * 60_000;

/** Where one client stands in the log of an app, which it reads in order. */
export class LogCursor {
  #id: LogId;
  /** Events that were known under ids up to this one, and come again, it has read. */
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

  /** The position as a client is told. */
  get text(): string {
    const id = formatLogId(this.#id);
    const isMixed = this.#hasPassedLoss && this.#id.ms - this.#formerId.ms < RESTORED_WITHIN_MS;
    return isMixed ? `${id}~${formatLogId(this.#formerId)}` : id;
  }

  /** @returns whether the client has not read it; it has afterwards */
  pass(entry: CheckedEntry): boolean {
    if (compareLogIds(entry.id, this.#id) <= 0) return false;
    if (entry.type === 'loss') {
      this.#formerId = this.#id;
      this.#hasPassedLoss = true;
    }
    this.#id = entry.id;
    return entry.type === 'event' && (entry.formerId === undefined || compareLogIds(entry.formerId, this.#formerId) > 0);
  }

  /** What is in between cannot be read. */
  moveTo(id: LogId): void {
    this.#id = id;
  }
}
