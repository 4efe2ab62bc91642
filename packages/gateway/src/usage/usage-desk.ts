/** Moves the usage of this node's apps from the media engine to the ledger. */
import {
  addUsage,
  NO_USAGE,
  USAGE_METRICS,
  type UsageBytes,
  type UsageJournal,
  type UsageLedger,
  UsageMeter,
  type UsageSealer,
  usageDayOf,
} from '@causeway/accounts';
import type { AppId } from '@causeway/protocol';
import type { AppUsage, CancelTimer, Clock, Sfu } from '@causeway/sfu';

export interface UsageDeskOptions {
  readonly sfu: Pick<Sfu, 'takeUsage'>;
  readonly ledger: UsageLedger;
  readonly journal: UsageJournal;
  readonly life: { readonly nodeNo: number; readonly epoch: number };
  readonly region: string;
  /** Makes batches leaves of the ledger. By default, there are no leaves. */
  readonly sealer?: UsageSealer;
  /**
   * Receives the usage of all apps every few seconds, even if it is empty, and returns when to be called next, in
   * milliseconds. Default: apps have no quotas.
   */
  readonly quotas?: { note(usage: readonly AppUsage[]): Promise<number> };
  /** Milliseconds since 1970, on the clock by which days are billed. */
  readonly billingNowMs: () => number;
  readonly clock: Clock;
  readonly onDefect: (error: unknown) => void;
}

export interface UsageReport {
  /** Bytes of all apps on this node since it started. */
  readonly bytes: UsageBytes;
  /** Batches that the ledger has not confirmed. */
  readonly batchesOutstanding: number;
}

/** The most usage, as time, that is lost if a node is killed. */
const INTERVAL_MS = 5_000;

export class UsageDesk {
  readonly #options: UsageDeskOptions;
  readonly #meter: UsageMeter;
  #bytes = NO_USAGE;
  #cancelTimer: CancelTimer;
  #cancelCollection: CancelTimer = () => undefined;
  #isClosed = false;
  #isCollecting = false;

  /** Collects usage from now on, until it is closed. */
  constructor(options: UsageDeskOptions) {
    const { ledger, journal, life, region, sealer, billingNowMs, clock } = options;
    this.#options = options;
    this.#meter = new UsageMeter({
      ledger,
      journal,
      life,
      region,
      ...(sealer === undefined ? {} : { sealer }),
      billingNowMs,
      nowMs: () => clock.nowMs(),
    });
    this.#cancelTimer = this.#schedule();
  }

  report(): UsageReport {
    return { bytes: this.#bytes, batchesOutstanding: this.#meter.outstanding };
  }

  /** Returns the day (UTC) that is being billed. */
  today(): string {
    return usageDayOf(this.#options.billingNowMs());
  }

  /**
   * Returns what an app has used on a day, on all nodes that share the ledger, as far as it has been reported. Rejects
   * like `UsageLedger.totals`.
   */
  totals(appId: AppId, day: string): Promise<UsageBytes> {
    return this.#options.ledger.totals(appId, day);
  }

  /**
   * Counts the remaining usage and sends it. Call it after the SFU and before the ledger is closed.
   *
   * @returns the number of batches that the ledger has not confirmed; they are in the journal, or lost if there is none
   */
  async close(): Promise<number> {
    this.#isClosed = true;
    this.#cancelTimer();
    this.#cancelCollection();
    await this.#collect();
    await this.#meter.finish();
    await this.#options.journal.close();
    return this.#meter.outstanding;
  }

  #schedule(): CancelTimer {
    return this.#options.clock.schedule(INTERVAL_MS, () => {
      this.#cancelTimer = this.#schedule();
      void this.#tick();
    });
  }

  /** A shard that hangs may take longer to answer than the interval; it is not asked again before it has answered. */
  async #tick(): Promise<void> {
    if (!(await this.#collectAlone())) return;
    // Batches that the ledger did not accept before are sent again even if nothing new was used.
    await this.#meter.flush();
  }

  /** Counts usage without closing batches, whose length does not change. */
  #collectSoon(dueInMs: number): void {
    this.#cancelCollection();
    if (this.#isClosed || dueInMs >= INTERVAL_MS) return;
    this.#cancelCollection = this.#options.clock.schedule(dueInMs, () => void this.#collectAlone());
  }

  /** @returns false if the SFU has not answered the last request yet */
  async #collectAlone(): Promise<boolean> {
    if (this.#isCollecting) return false;
    this.#isCollecting = true;
    await this.#collect();
    this.#isCollecting = false;
    return true;
  }

  async #collect(): Promise<void> {
    try {
      const taken = await this.#options.sfu.takeUsage();
      for (const usage of taken) this.#add(usage);
      void this.#options.quotas?.note(taken).then((dueInMs) => this.#collectSoon(dueInMs));
    } catch (error) {
      // A failure to count now must not stop later counts.
      this.#options.onDefect(error);
    }
  }

  #add({ appId, bytes, parts }: AppUsage): void {
    this.#bytes = addUsage(this.#bytes, bytes);
    for (const part of parts) if (USAGE_METRICS.some((metric) => part.bytes[metric] > 0)) this.#meter.add(appId, part);
  }
}
