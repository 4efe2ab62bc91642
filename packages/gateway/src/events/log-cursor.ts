import { compareLogIds, formatLogPosition, type LogId, type LogPosition, MAX_PASSED_MARKS, type PassedMark } from './event-ids.ts';

/** A validated entry of an app's log. */
export type CheckedEntry =
  | { readonly type: 'event'; readonly id: LogId; readonly json: string; readonly formerId: LogId | undefined }
  | { readonly type: 'loss'; readonly id: LogId };

/** Lost events are appended again within this time, or are too old to be kept. */
const RESTORED_WITHIN_MS = 11 * 60_000;

/** The position of one client in the log of an app, which it reads in order. */
export class LogCursor {
  #id: LogId;
  #marks: readonly PassedMark[];
  readonly #startId: LogId;

  constructor({ id, marks }: LogPosition) {
    this.#id = id;
    this.#marks = marks;
    this.#startId = id;
  }

  get id(): LogId {
    return this.#id;
  }

  /** The position in the form that the client receives. */
  get text(): string {
    return formatLogPosition({ id: this.#id, marks: this.#recentMarks });
  }

  /** @returns whether the entry is new to the client, which has read it afterwards */
  pass(entry: CheckedEntry): boolean {
    if (compareLogIds(entry.id, this.#id) <= 0) return false;
    const readId = this.#id;
    this.#id = entry.id;
    if (entry.type === 'loss') this.#marks = [{ readId, markId: entry.id }, ...this.#recentMarks].slice(0, MAX_PASSED_MARKS);
    return entry.type === 'event' && (entry.formerId === undefined || !this.#hasRead(entry.formerId));
  }

  /** Skips entries that can no longer be read. */
  moveTo(id: LogId): void {
    this.#id = id;
  }

  get #recentMarks(): readonly PassedMark[] {
    return this.#marks.filter(({ markId }) => this.#id.ms - markId.ms < RESTORED_WITHIN_MS);
  }

  /**
   * Whether the client has read an entry that the log has lost. Between two marks it has read everything up to its position, but not what
   * was lost before it came there, although later ids are higher.
   */
  #hasRead(lostId: LogId): boolean {
    const part = this.#marks.find((_, index) => isAbove(lostId, this.#marks[index + 1]?.markId));
    return compareLogIds(lostId, part?.readId ?? this.#startId) <= 0;
  }
}

function isAbove(id: LogId, markId: LogId | undefined): boolean {
  return markId === undefined || compareLogIds(id, markId) > 0;
}
