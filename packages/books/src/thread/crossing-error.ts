/** Serialises errors between the thread of the books and its callers, because structured clones lose their classes. */
import { type ErrorCode, SfuError } from '@causeway/protocol';

export type CrossingError =
  | {
      readonly kind: 'sfu';
      readonly code: ErrorCode;
      readonly message: string;
      readonly details: Readonly<Record<string, unknown>> | undefined;
    }
  /** The database cannot be reached or written. */
  | { readonly kind: 'unavailable'; readonly error: unknown }
  | { readonly kind: 'defect'; readonly error: unknown };

const RETRY_AFTER_MS = 1_000;
/** SQLite result codes: BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN. */
const SQLITE_TROUBLES: readonly unknown[] = [5, 6, 8, 10, 13, 14];
/** Postgres error classes: connection, resources, operator intervention, system. */
const POSTGRES_TROUBLES = /^(?:08|53|57|58)/;
/** Network errors, and those of pg when a connection ends during a query. */
const NETWORK_TROUBLES = /^(?:E[A-Z]{3,}$|Connection terminated|Query read timeout|timeout exceeded)/;

export function crossingError(error: unknown): CrossingError {
  if (error instanceof SfuError) {
    return { kind: 'sfu', code: error.code, message: error.message, details: error.details && { ...error.details } };
  }
  return { kind: isTrouble(error) ? 'unavailable' : 'defect', error };
}

/** @returns the error for the caller of the books */
export function arrivedError(crossed: CrossingError): unknown {
  if (crossed.kind === 'sfu')
    return new SfuError(crossed.code, crossed.message, crossed.details === undefined ? {} : { details: crossed.details });
  return crossed.kind === 'unavailable' ? unavailable(crossed.error) : crossed.error;
}

export function unavailable(cause: unknown): SfuError {
  const message = 'the books cannot be reached at the moment; media and tokens keep working without them';
  return new SfuError('books_unavailable', message, { retryAfterMs: RETRY_AFTER_MS, cause });
}

function isTrouble(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code = '', errcode } = error as { readonly code?: unknown; readonly errcode?: unknown };
  const isOfSqlite = typeof errcode === 'number' && SQLITE_TROUBLES.includes(errcode & 0xff);
  return isOfSqlite || POSTGRES_TROUBLES.test(String(code)) || NETWORK_TROUBLES.test(String(code)) || NETWORK_TROUBLES.test(error.message);
}
