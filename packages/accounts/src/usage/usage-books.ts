/** What the books know of usage: what was used in which hour, and every batch that says so. */
import type { AppId } from '@causeway/protocol';
import type { LedgerSource } from '../ledger/export-ledger.ts';
import type { UsageBatch, UsageBytes, UsageKind, UsageReceipt } from './usage-ledger.ts';

/** How long one row of usage is, in milliseconds: an hour or a day (UTC), or all that was asked for. */
export type UsageStep = 'hour' | 'day' | 'all';

/** What rows of usage can be told apart by. */
export const USAGE_GROUPS = ['kind', 'region', 'session', 'track'] as const;
/** One thing that rows of usage can be told apart by. */
export type UsageGroup = (typeof USAGE_GROUPS)[number];

/** A question about the usage of an app. */
export interface UsageQuery {
  readonly appId: AppId;
  /** The beginning of an hour, milliseconds since 1970. */
  readonly fromMs: number;
  /** The end of the last hour; not part of it. */
  readonly toMs: number;
  readonly step: UsageStep;
  /** Without any, there is one row for each step. */
  readonly groups: readonly UsageGroup[];
  /** The row after which to go on; undefined for the beginning. */
  readonly after: UsageRowName | undefined;
  readonly limit: number;
}

/** Which row it is. Fields that were not grouped by are undefined. */
export interface UsageRowName {
  /** When the hour, the day or the range begins. */
  readonly startMs: number;
  readonly kind: UsageKind | undefined;
  readonly region: string | undefined;
  readonly session: string | undefined;
  readonly track: string | undefined;
}

/** What was used in one step, of one group. */
export interface UsageRow extends UsageRowName {
  readonly bytes: UsageBytes;
}

/** The part of the books that is about usage. Every implementation passes `usageBooksContract`. */
export interface UsageBooks extends LedgerSource {
  /**
   * Counts batches, each once: in one transaction, in the order given.
   *
   * @returns a receipt for each
   */
  recordUsage(batches: readonly UsageBatch[]): Promise<readonly UsageReceipt[]>;
  /** @param day `YYYY-MM-DD`, UTC; zeros for one on which nothing was used */
  usageTotals(appId: AppId, day: string): Promise<UsageBytes>;
  /**
   * Removes usage and leaves of the ledger, some thousand rows at a time: call it again until none is left. What is removed is removed of
   * both, so the exports of later ranges are as good as before.
   *
   * @param beforeMs the beginning of an hour, milliseconds since 1970
   * @returns how many rows were removed
   */
  pruneUsage(beforeMs: number): Promise<number>;
  /** In the order of their names; only rows with usage. */
  queryUsage(query: UsageQuery): Promise<readonly UsageRow[]>;
}
