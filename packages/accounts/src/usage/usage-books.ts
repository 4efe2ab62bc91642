/** Usage in the books: hourly rows, and the batches that prove them. */
import type { AppId } from '@causeway/protocol';
import type { LedgerSource } from '../ledger/export-ledger.ts';
import type { UsageBatch, UsageBytes, UsageKind, UsageReceipt } from './usage-ledger.ts';

/** The period that one row of usage covers: an hour, a day (UTC), or the whole range. */
export type UsageStep = 'hour' | 'day' | 'all';

/** The fields by which usage can be grouped. */
export const USAGE_GROUPS = ['kind', 'region', 'session', 'track'] as const;
/** A field by which usage can be grouped. */
export type UsageGroup = (typeof USAGE_GROUPS)[number];

/** A query for the usage of an app. */
export interface UsageQuery {
  readonly appId: AppId;
  /** The start of an hour, in milliseconds since 1970. */
  readonly fromMs: number;
  /** The end of the last hour, exclusive. */
  readonly toMs: number;
  readonly step: UsageStep;
  /** If empty, there is one row per step. */
  readonly groups: readonly UsageGroup[];
  /** The last row of the previous page; undefined for the first page. */
  readonly after: UsageRowName | undefined;
  readonly limit: number;
}

/** Identifies a row. Fields that were not grouped by are undefined. */
export interface UsageRowName {
  /** The start of the hour, day or range. */
  readonly startMs: number;
  readonly kind: UsageKind | undefined;
  readonly region: string | undefined;
  readonly session: string | undefined;
  readonly track: string | undefined;
}

/** The usage of one group in one step. */
export interface UsageRow extends UsageRowName {
  readonly bytes: UsageBytes;
}

/** The part of the books that records usage. Every implementation passes `usageBooksContract`. */
export interface UsageBooks extends LedgerSource {
  /**
   * Counts each batch once, in the given order and in one transaction.
   *
   * @returns one receipt per batch
   */
  recordUsage(batches: readonly UsageBatch[]): Promise<readonly UsageReceipt[]>;
  /** @param day `YYYY-MM-DD`, UTC @returns zeros if nothing was used */
  usageTotals(appId: AppId, day: string): Promise<UsageBytes>;
  /**
   * Removes some thousand rows of old usage and the corresponding leaves of the ledger; call it until it removes none. Removing both keeps
   * exports of later ranges valid.
   *
   * @param beforeMs the start of an hour, in milliseconds since 1970
   * @returns the number of removed rows
   */
  pruneUsage(beforeMs: number): Promise<number>;
  /** Returns the rows with usage, in the order of their names. */
  queryUsage(query: UsageQuery): Promise<readonly UsageRow[]>;
}
