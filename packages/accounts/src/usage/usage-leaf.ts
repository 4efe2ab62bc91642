/** Converts a batch of usage to a leaf of the ledger. */

import type { LedgerLife } from '../ledger/ledger-keys.ts';
import type { LedgerHead, UsageSeal } from '../ledger/usage-seal.ts';
import type { UsageBatch, UsageBytes, UsageKind } from './usage-ledger.ts';

/** The content of a leaf. */
export interface UsageLeaf extends LedgerLife {
  readonly app: string;
  readonly seq: number;
  readonly closedAtMs: number;
  readonly region: string;
  readonly bytes: UsageBytes;
  readonly parts: readonly { readonly session: string; readonly track: string; readonly kind: UsageKind; readonly bytes: UsageBytes }[];
  readonly salt: string;
  readonly previousLeaf: string;
  readonly heads: readonly LedgerHead[];
}

/** Returns the text that is hashed for a leaf. It is deterministic, so it need not be stored with the batch. */
export function leafText(batch: UsageBatch, { salt, previousLeaf, heads }: Pick<UsageSeal, 'salt' | 'previousLeaf' | 'heads'>): string {
  const { appId, nodeNo, epoch, seq, closedAtMs, region, bytes, parts } = batch;
  const leaf: UsageLeaf = {
    app: appId,
    nodeNo,
    epoch,
    seq,
    closedAtMs,
    region,
    bytes: orderedBytes(bytes),
    parts: parts.map((part) => ({ session: part.sessionId, track: part.track, kind: part.kind, bytes: orderedBytes(part.bytes) })),
    salt,
    previousLeaf,
    heads: heads.map((head) => ({ nodeNo: head.nodeNo, epoch: head.epoch, seq: head.seq, leaf: head.leaf })),
  };
  return JSON.stringify(leaf);
}

/** Fixes the order of fields, which `JSON.stringify` preserves. */
function orderedBytes({ down, up, relay, retransmitted, data }: UsageBytes): UsageBytes {
  return { down, up, relay, retransmitted, data };
}
