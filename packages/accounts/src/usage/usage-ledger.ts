import type { AppId } from '@causeway/protocol';
import type { LedgerHead, UsageSeal } from '../ledger/usage-seal.ts';

/** What is counted, in bytes. `down` and `data` are billed; the rest is for operators. */
export const USAGE_METRICS = ['down', 'up', 'relay', 'retransmitted', 'data'] as const;
/** A kind of bytes that is counted apart. */
export type UsageMetric = (typeof USAGE_METRICS)[number];

/** Bytes of each kind. */
export type UsageBytes = Readonly<Record<UsageMetric, number>>;

/** Nothing of any kind. */
export const NO_USAGE: UsageBytes = { down: 0, up: 0, relay: 0, retransmitted: 0, data: 0 };

/** What carried it. `unknown`: counted by a node of a version that did not tell. */
export const USAGE_KINDS = ['audio', 'video', 'data', 'unknown'] as const;
/** What carried the bytes. */
export type UsageKind = (typeof USAGE_KINDS)[number];

/** What one session got or sent of one track or data channel. */
export interface UsagePart {
  /** The session that got or sent it; for `relay`, the publisher's. */
  readonly sessionId: string;
  /** `<session of the publisher>/<trackId or name of the data channel>`. */
  readonly track: string;
  readonly kind: UsageKind;
  readonly bytes: UsageBytes;
}

/** What one app used on one node within a few seconds. */
export interface UsageBatch {
  readonly appId: AppId;
  readonly nodeNo: number;
  readonly epoch: number;
  /** 1 for the first batch of an app in a node's life, then one more for each. */
  readonly seq: number;
  /** The batch that must be counted before this one: `seq - 1`, or 0 when what came before can no longer be had. */
  readonly follows: number;
  /** When it was closed, milliseconds since 1970; its day (UTC) is the day it is billed for. */
  readonly closedAtMs: number;
  /** Where the node is. */
  readonly region: string;
  /** The sum of all parts. */
  readonly bytes: UsageBytes;
  /** At most `MAX_USAGE_PARTS`, each of another kind, session or track. */
  readonly parts: readonly UsagePart[];
  /** What makes it a leaf of the ledger; a node of a former version has none. */
  readonly seal?: UsageSeal;
}

/** Parts of one batch; an app with more tracks on a node has several batches at a time. */
export const MAX_USAGE_PARTS = 1_000;

/** What the ledger answers to a batch. */
export type UsageReceipt =
  /** `heads` are the newest leaves of other lives, which the next leaf of this life witnesses. They come about once an hour. */
  | { readonly type: 'counted'; readonly heads?: readonly LedgerHead[] }
  /** It had been counted before; nothing changed. */
  | { readonly type: 'duplicate' }
  /** The batch it follows is missing, so nothing was counted: send again from `lastSeq + 1` on. */
  | { readonly type: 'gap'; readonly lastSeq: number };

/**
 * Counts what apps use, each batch exactly once however often it is sent: batches of one app in one life of a node are counted in
 * the order of `seq`, and none that its node still has is left out.
 *
 * Every implementation passes `usageLedgerContract`.
 */
export interface UsageLedger {
  /** Rejects if the ledger cannot tell now whether the batch was counted: send it again. */
  record(batch: UsageBatch): Promise<UsageReceipt>;
  /** @param day `YYYY-MM-DD`, UTC; zeros for one on which nothing was used */
  totals(appId: AppId, day: string): Promise<UsageBytes>;
}

/** @returns both together */
export function addUsage(some: UsageBytes, more: UsageBytes): UsageBytes {
  return {
    down: some.down + more.down,
    up: some.up + more.up,
    relay: some.relay + more.relay,
    retransmitted: some.retransmitted + more.retransmitted,
    data: some.data + more.data,
  };
}

/** What a batch consists of that was written by a version that kept sums alone. */
export function unknownPart(bytes: UsageBytes): UsagePart {
  return { sessionId: '', track: '', kind: 'unknown', bytes };
}

/** @returns the day of a moment, `YYYY-MM-DD`, UTC */
export function usageDayOf(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 'YYYY-MM-DD'.length);
}
