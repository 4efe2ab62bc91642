/** What is left of an app's quota of a month, shared among the nodes that serve it. */
import type { AppId } from '@causeway/protocol';

/** A node's report, and what it asks for. */
export interface QuotaDraw {
  readonly appId: AppId;
  readonly life: { readonly nodeNo: number; readonly epoch: number };
  /** `YYYY-MM`, UTC. */
  readonly month: string;
  readonly quotaBytes: number;
  /** Billed bytes of this life in that month. */
  readonly usedBytes: number;
  /** How much it would like to have ahead. */
  readonly sliceBytes: number;
}

/** What the node may use. */
export interface QuotaGrant {
  /** In all, in that month: what it has used, and its slice of the rest. */
  readonly grantedBytes: number;
  /** What all nodes have reported. */
  readonly totalBytes: number;
  /** The `QUOTA_MARKS` that this report has passed as the first one. */
  readonly passed: readonly number[];
}

/** Percents of a quota at which an app is told. */
export const QUOTA_MARKS = [80, 95, 100] as const;

/**
 * Leases slices of quotas. All slices together never exceed what is left, so all nodes together go beyond a quota by no more than each
 * uses between two draws. What a node that has died had not used of its slice is free again after a minute.
 *
 * Every implementation passes `quotaLedgerContract`.
 */
export interface QuotaLedger {
  /** Rejects if it cannot be reached. */
  draw(draw: QuotaDraw): Promise<QuotaGrant>;
}

interface Holder {
  usedBytes: number;
  grantedBytes: number;
  drawnAtMs: number;
}

/** How long a slice is held for a node that is not heard of. */
export const SLICE_HELD_MS = 60_000;

/** Quotas of the nodes of one process, forgotten when it ends. */
export class MemoryQuotaLedger implements QuotaLedger {
  readonly #nowMs: () => number;
  readonly #months = new Map<string, { readonly holders: Map<string, Holder>; passed: number }>();

  /** @param nowMs milliseconds on a clock that never goes back */
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
