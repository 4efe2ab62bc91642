/** Divides what is left of an app's monthly quota among the nodes that serve it. */
import type { AppId } from '@causeway/protocol';

/** A node's report of its usage, and its request for a slice. */
export interface QuotaDraw {
  readonly appId: AppId;
  readonly life: { readonly nodeNo: number; readonly epoch: number };
  /** `YYYY-MM`, UTC. */
  readonly month: string;
  readonly quotaBytes: number;
  /** The billed bytes of this life of the node in that month. */
  readonly usedBytes: number;
  /** The requested slice, beyond what was used. */
  readonly sliceBytes: number;
}

/** The grant to a node. */
export interface QuotaGrant {
  /** The total for that month: what the node has used, plus its slice of the rest. */
  readonly grantedBytes: number;
  /** The sum of the reports of all nodes. */
  readonly totalBytes: number;
  /** The `QUOTA_MARKS` that this report was the first to pass. */
  readonly passed: readonly number[];
}

/** The percentages of a quota at which an app is notified. */
export const QUOTA_MARKS = [80, 95, 100] as const;

/**
 * Leases slices of quotas. All slices together never exceed what is left, so nodes exceed a quota only by what each of them uses between
 * two draws. The unused slice of a node that has died is released after a minute.
 *
 * Every implementation passes `quotaLedgerContract`.
 */
export interface QuotaLedger {
  /** Rejects if the ledger cannot be reached. */
  draw(draw: QuotaDraw): Promise<QuotaGrant>;
}

interface Holder {
  usedBytes: number;
  grantedBytes: number;
  drawnAtMs: number;
}

/** How long a slice is reserved for a node that no longer reports. */
export const SLICE_HELD_MS = 60_000;

/** A quota ledger in memory, for the nodes of one process. */
export class MemoryQuotaLedger implements QuotaLedger {
  readonly #nowMs: () => number;
  readonly #months = new Map<string, { readonly holders: Map<string, Holder>; passed: number }>();

  /** @param nowMs monotonic time in milliseconds */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  async draw({ appId, life, month, quotaBytes, usedBytes, sliceBytes }: QuotaDraw): Promise<QuotaGrant> {
    const name = `${appId}/${month}`;
    const known = this.#months.get(name) ?? { holders: new Map<string, Holder>(), passed: 0 };
    this.#months.set(name, known);
    const nowMs = this.#nowMs();
    const lifeName = `${life.nodeNo}/${life.epoch}`;
    const own = known.holders.get(lifeName) ?? { usedBytes: 0, grantedBytes: 0, drawnAtMs: nowMs };
    own.usedBytes = Math.max(own.usedBytes, usedBytes);
    own.drawnAtMs = nowMs;
    known.holders.set(lifeName, own);
    let totalBytes = 0;
    let takenBytes = 0;
    for (const holder of known.holders.values()) {
      const isHeld = nowMs - holder.drawnAtMs < SLICE_HELD_MS;
      totalBytes += holder.usedBytes;
      takenBytes += isHeld ? Math.max(holder.usedBytes, holder.grantedBytes) : holder.usedBytes;
    }
    const wanted = own.usedBytes + sliceBytes - Math.max(own.usedBytes, own.grantedBytes);
    own.grantedBytes = Math.max(own.usedBytes, own.grantedBytes) + Math.max(0, Math.min(wanted, quotaBytes - takenBytes));
    const before = known.passed;
    known.passed = Math.max(before, (100 * totalBytes) / quotaBytes);
    return { grantedBytes: own.grantedBytes, totalBytes, passed: QUOTA_MARKS.filter((mark) => mark > before && mark <= known.passed) };
  }
}
