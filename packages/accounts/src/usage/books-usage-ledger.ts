import type { AppId } from '@causeway/protocol';
import type { UsageBooks } from './usage-books.ts';
import type { UsageBatch, UsageBytes, UsageLedger, UsageReceipt } from './usage-ledger.ts';

interface Waiting {
  readonly batch: UsageBatch;
  readonly resolve: (receipt: UsageReceipt) => void;
  readonly reject: (error: unknown) => void;
}

/** The most batches in one transaction. */
const MAX_AT_ONCE = 100;

/** The ledger of a node with its own books. It records the batches of a turn in one transaction, since each waits for the disk. */
export class BooksUsageLedger implements UsageLedger {
  readonly #books: Pick<UsageBooks, 'recordUsage' | 'usageTotals'>;
  #waiting: Waiting[] = [];
  #isRecording = false;

  constructor(books: Pick<UsageBooks, 'recordUsage' | 'usageTotals'>) {
    this.#books = books;
  }

  /** @throws SfuError `books_unavailable` */
  record(batch: UsageBatch): Promise<UsageReceipt> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, resolve, reject });
      if (!this.#isRecording) void this.#recordAll();
    });
  }

  /** @throws SfuError `books_unavailable` */
  totals(appId: AppId, day: string): Promise<UsageBytes> {
    return this.#books.usageTotals(appId, day);
  }

  async #recordAll(): Promise<void> {
    this.#isRecording = true;
    // Batches that are recorded in this turn must be counted first.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#recordSome(this.#waiting.splice(0, MAX_AT_ONCE));
    this.#isRecording = false;
  }

  async #recordSome(some: readonly Waiting[]): Promise<void> {
    try {
      const receipts = await this.#books.recordUsage(some.map(({ batch }) => batch));
      for (const [index, { resolve, reject }] of some.entries()) {
        const receipt = receipts[index];
        if (receipt === undefined) reject(new Error('the books gave no receipt'));
        else resolve(receipt);
      }
    } catch (error) {
      for (const { reject } of some) reject(error);
    }
  }
}
