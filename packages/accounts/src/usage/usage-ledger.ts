import type { AppId } from '@causeway/protocol';
import type { LedgerHead, UsageSeal } from '../ledger/usage-seal.ts';

/** What is counted, in bytes. `down` and `data` are billed; the rest is for operators. */
export const USAGE_METRICS = ['down', 'up', 'relay', 'retransmitted', 'data'] as const;
/** A kind of bytes that is counted separately. */
export type UsageMetric = (typeof USAGE_METRICS)[number];

/** Bytes of each kind. */
export type UsageBytes = Readonly<Record<UsageMetric, number>>;

/** Nothing of any kind. */
export const NO_USAGE: UsageBytes = { down: 0, up: 0, relay: 0, retransmitted: 0, data: 0 };

/** What carried it. `unknown`: counted by a node of a version that did not tell. */
export const USAGE_KINDS = ['audio', 'video', 'data', 'unknown'] as const;
/** What carried the bytes. */
export type UsageKind = (typeof USAGE_KINDS)[number];

/** What one session received or sent of one track or data channel. */
export interface UsagePart {
  /** The session that received or sent it; for `relay`, the publisher's. */
  readonly sessionId: string;
  /** The publication, as `<publisher's session>/<trackId or data channel name>`. */
  readonly track: string;
  readonly kind: UsageKind;
  readonly bytes: UsageBytes;
}

/** The usage of one app on one node within a few seconds. */
export interface UsageBatch {
  readonly appId: AppId;
  readonly nodeNo: number;
  readonly epoch: number;
  /** Counts the batches of an app in one life of a node, from 1. */
  readonly seq: number;
  /** The batch that must be counted before this one: `seq - 1`, or 0 if earlier batches are lost. */
  readonly follows: number;
  /** Milliseconds since 1970; the batch is billed for this day (UTC). */
  readonly closedAtMs: number;
  /** The region of the node. */
  readonly region: string;
  /** The sum of all parts. */
  readonly bytes: UsageBytes;
  /** There are at most `MAX_USAGE_PARTS`, and no two share kind, session and track. */
  readonly parts: readonly UsagePart[];
  /** Makes the batch a leaf of the ledger; absent from nodes of a former version. */
  readonly seal?: UsageSeal;
}

/** The most parts in a batch; an app with more tracks on a node produces several batches at a time. */
export const MAX_USAGE_PARTS = 1_000;

/** The ledger's response to a batch. */
export type UsageReceipt =
  /** `heads` are the newest leaves of other lives, which the next leaf of this life witnesses. They are sent about once an hour. */
  | { readonly type: 'counted'; readonly heads?: readonly LedgerHead[] }
  /** The batch was counted before; nothing changed. */
  | { readonly type: 'duplicate' }
  /** The batch before it is missing, so nothing was counted; resend from `lastSeq + 1`. */
  | { readonly type: 'gap'; readonly lastSeq: number };

/**
 * Counts the usage of apps, each batch exactly once however often it is sent. Batches of one app in one life of a node are counted in
 * the order of `seq`, and none that the node still has is skipped.
 *
 * Every implementation passes `usageLedgerContract`.
 */
export interface UsageLedger {
  /** Rejects if it is unknown whether the batch was counted; the caller must resend it. */
  record(batch: UsageBatch): Promise<UsageReceipt>;
  /** @param day `YYYY-MM-DD`, UTC @returns zeros if nothing was used */
  totals(appId: AppId, day: string): Promise<UsageBytes>;
}

/** Returns the sum of two usages. */
export function addUsage(some: UsageBytes, more: UsageBytes): UsageBytes {
  return {
    down: some.down + more.down,
    up: some.up + more.up,
    relay: some.relay + more.relay,
    retransmitted: some.retransmitted + more.retransmitted,
    data: some.data + more.data,
  };
}

/** Returns the part for a batch of an earlier version, which recorded only sums. */
export function unknownPart(bytes: UsageBytes): UsagePart {
  return { sessionId: '', track: '', kind: 'unknown', bytes };
}

/** Returns the day of a time as `YYYY-MM-DD`, UTC. */
export function usageDayOf(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 'YYYY-MM-DD'.length);
}
