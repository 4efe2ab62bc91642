import type { LedgerHead } from '../ledger/usage-seal.ts';
import type { UsageJournal } from './usage-journal.ts';
import type { UsageBatch, UsageLedger } from './usage-ledger.ts';

export interface UsageQueueOptions {
  readonly ledger: UsageLedger;
  readonly journal: UsageJournal;
  readonly nowMs: () => number;
  /** Receives the newest leaves of the app in other lives. */
  readonly onHeads: (heads: readonly LedgerHead[]) => void;
  /** Whether more batches will be added. */
  readonly isOfThisLife: boolean;
}

interface Kept {
  readonly batch: UsageBatch;
  /** When the ledger confirmed it. */
  confirmedAtMs: number | undefined;
}

/** A failover may revert what the ledger has confirmed, but not after this time. */
const KEPT_AFTER_CONFIRMATION_MS = 60_000;

/** Sends the batches of one app in one life to the ledger in order, and again if it has lost some. */
export class UsageQueue {
  readonly #options: UsageQueueOptions;
  /** Oldest first. */
  #kept: Kept[] = [];
  #lastSeq = 0;
  #lastPushedAtMs = 0;

  constructor(options: UsageQueueOptions) {
    this.#options = options;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  get lastPushedAtMs(): number {
    return this.#lastPushedAtMs;
  }

  get outstanding(): number {
    return this.#kept.filter(({ confirmedAtMs }) => confirmedAtMs === undefined).length;
  }

  /** Whether the queue will never be needed again. */
  get isOver(): boolean {
    return !this.#options.isOfThisLife && this.#kept.length === 0;
  }

  push(batch: UsageBatch): void {
    this.#kept.push({ batch, confirmedAtMs: undefined });
    this.#lastSeq = batch.seq;
    this.#lastPushedAtMs = this.#options.nowMs();
  }

  /**
   * Sends unconfirmed batches until all are confirmed or the ledger cannot be reached. Old confirmed ones are dropped only when the ledger
   * has just answered, since one that was unreachable may have lost its latest confirmations, however old they are.
   *
   * @param isForTheLastTime whether no more sends follow. The newest batch is then sent even if it was confirmed. Without an answer it
   *   counts as outstanding, because a failover in progress may have reverted it
   */
  async send(isForTheLastTime = false): Promise<void> {
    const newest = this.#kept.at(-1);
    // No later batch was sent, so it is unknown whether a failover reverted this one.
    const isInDoubt = newest?.confirmedAtMs !== undefined && (isForTheLastTime || this.#isOld(newest));
    let next = isInDoubt ? newest : this.#firstUnconfirmed();
    if (next === undefined) return;
    for (; next !== undefined; next = this.#firstUnconfirmed()) {
      if (!(await this.#sendOne(next))) {
        if (isForTheLastTime) next.confirmedAtMs = undefined;
        return;
      }
    }
    this.#forgetOld();
  }

  #firstUnconfirmed(): Kept | undefined {
    return this.#kept.find(({ confirmedAtMs }) => confirmedAtMs === undefined);
  }

  /** @returns false if the ledger cannot be reached */
  async #sendOne(kept: Kept): Promise<boolean> {
    // Batches before the oldest are lost, and waiting for them would block all later ones.
    const former = this.#kept[this.#kept.indexOf(kept) - 1];
    const batch = { ...kept.batch, follows: former?.batch.seq ?? 0 };
    try {
      const receipt = await this.#options.ledger.record(batch);
      if (receipt.type === 'counted' && receipt.heads !== undefined) this.#options.onHeads(receipt.heads);
      if (receipt.type === 'gap') this.#takeBack(receipt.lastSeq);
      else if (receipt.type === 'counted' || kept.confirmedAtMs === undefined) kept.confirmedAtMs = this.#options.nowMs();
      return true;
    } catch {
      return false;
    }
  }

  /** Resends everything after `lastSeq`, because the ledger has lost confirmed batches. */
  #takeBack(lastSeq: number): void {
    for (const kept of this.#kept) if (kept.batch.seq > lastSeq) kept.confirmedAtMs = undefined;
  }

  #isOld({ confirmedAtMs }: Kept): boolean {
    return confirmedAtMs !== undefined && this.#options.nowMs() - confirmedAtMs >= KEPT_AFTER_CONFIRMATION_MS;
  }

  #forgetOld(): void {
    const old = this.#kept.filter((kept) => this.#isOld(kept));
    for (const { batch } of old) this.#options.journal.forget(batch);
    if (old.length > 0) this.#kept = this.#kept.filter((kept) => !old.includes(kept));
  }
}
