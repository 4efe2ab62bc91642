import type { LedgerHead } from '../ledger/usage-seal.ts';
import type { UsageJournal } from './usage-journal.ts';
import type { UsageBatch, UsageLedger } from './usage-ledger.ts';

export interface UsageQueueOptions {
  readonly ledger: UsageLedger;
  readonly journal: UsageJournal;
  readonly nowMs: () => number;
  /** Hears how far other lives have come with the app. */
  readonly onHeads: (heads: readonly LedgerHead[]) => void;
  /** Whether more will come. */
  readonly isOfThisLife: boolean;
}

interface Kept {
  readonly batch: UsageBatch;
  /** When the ledger confirmed it. */
  confirmedAtMs: number | undefined;
}

/** A failover may take back what the ledger has confirmed; after this long it no longer does. */
const KEPT_AFTER_CONFIRMATION_MS = 60_000;

/** Batches of one app in one life, sent to the ledger in order and again when it has forgotten some. */
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

  /** Whether it will never be needed again. */
  get isOver(): boolean {
    return !this.#options.isOfThisLife && this.#kept.length === 0;
  }

  push(batch: UsageBatch): void {
    this.#kept.push({ batch, confirmedAtMs: undefined });
    this.#lastSeq = batch.seq;
    this.#lastPushedAtMs = this.#options.nowMs();
  }

  /**
   * Sends what is not confirmed, until all is or the ledger cannot be reached. What is old is forgotten when the ledger has just
   * answered: one that was away may have come back without what it confirmed last, however long ago that was.
   *
   * @param isForTheLastTime whether this is the last request: then the newest is sent even if it was confirmed. Without an answer
   *   it counts as outstanding, because a failover that is still under way may have taken it back
   */
  async send(isForTheLastTime = false): Promise<void> {
    const newest = this.#kept.at(-1);
    // Nothing was sent after it, so it is not known yet whether it was taken back.
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
    // What came before the oldest is gone for good: waiting for it would hold up everything after it.
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

  /** The ledger has lost what it had confirmed: all after `lastSeq` is sent again. */
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
