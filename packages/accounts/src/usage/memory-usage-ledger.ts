import type { AppId } from '@causeway/protocol';
import { addUsage, NO_USAGE, type UsageBatch, type UsageBytes, type UsageLedger, type UsageReceipt, usageDayOf } from './usage-ledger.ts';

/** A ledger in memory, whose totals are lost when the process ends. */
export class MemoryUsageLedger implements UsageLedger {
  /** The last counted batch by app, node and epoch. */
  readonly #lastSeqs = new Map<string, number>();
  /** Totals by app and day. */
  readonly #totals = new Map<string, UsageBytes>();

  async record({ appId, nodeNo, epoch, seq, follows, closedAtMs, bytes }: UsageBatch): Promise<UsageReceipt> {
    const life = `${appId}/${nodeNo}/${epoch}`;
    const lastSeq = this.#lastSeqs.get(life) ?? 0;
    if (seq <= lastSeq) return { type: 'duplicate' };
    if (follows > lastSeq) return { type: 'gap', lastSeq };
    this.#lastSeqs.set(life, seq);
    const day = `${appId}/${usageDayOf(closedAtMs)}`;
    this.#totals.set(day, addUsage(this.#totals.get(day) ?? NO_USAGE, bytes));
    return { type: 'counted' };
  }

  async totals(appId: AppId, day: string): Promise<UsageBytes> {
    return this.#totals.get(`${appId}/${day}`) ?? NO_USAGE;
  }
}
