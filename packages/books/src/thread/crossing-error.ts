/** Errors on their way from the thread of the books, where classes do not cross. */
import { type ErrorCode, SfuError } from '@causeway/protocol';

export type CrossingError =
  | {
      readonly kind: 'sfu';
      readonly code: ErrorCode;
      readonly message: string;
      readonly details: Readonly<Record<string, unknown>> | undefined;
    }
  /** The database cannot be reached, or does not take what it is told. */
  | { readonly kind: 'unavailable'; readonly error: unknown }
  | { readonly kind: 'defect'; readonly error: unknown };

const RETRY_AFTER_MS = 1_000;
/** Of SQLite: busy, locked, read-only, input or output, full, cannot open. */
const SQLITE_TROUBLES: readonly unknown[] = [5, 6, 8, 10, 13, 14];
/** Of Postgres: connection, resources, operator intervention, system. */
const POSTGRES_TROUBLES = /^(?:08|53|57|58)/;
/** Of the network, and of pg when a connection ends under a query. */
const NETWORK_TROUBLES = /^(?:E[A-Z]{3,}$|Connection terminated|Query read timeout|timeout exceeded)/;

export function crossingError(error: unknown): CrossingError {
  if (error instanceof SfuError) {
    return { kind: 'sfu', code: error.code, message: error.message, details: error.details && { ...error.details } };
  }
  return { kind: isTrouble(error) ? 'unavailable' : 'defect', error };
}

/** @returns what the caller of the books is to see */
export function arrivedError(crossed: CrossingError): unknown {
  if (crossed.kind === 'sfu')
    return new SfuError(crossed.code, crossed.message, crossed.details === undefined ? {} : { details: crossed.details });
  return crossed.kind === 'unavailable' ? unavailable(crossed.error) : crossed.error;
}

export function unavailable(cause: unknown): SfuError {
  const message = 'the books cannot be reached at the moment; media and tokens go on without them';
  return new SfuError('books_unavailable', message, { retryAfterMs: RETRY_AFTER_MS, cause });
}

function isTrouble(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code = '', errcode } = error as { readonly code?: unknown; readonly errcode?: unknown };
  const isOfSqlite = typeof errcode === 'number' && SQLITE_TROUBLES.includes(errcode & 0xff);
  return isOfSqlite || POSTGRES_TROUBLES.test(String(code)) || NETWORK_TROUBLES.test(String(code)) || NETWORK_TROUBLES.test(error.message);
}
