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
  /** Makes batches leaves of the ledger. Default: they are none. */
  readonly sealer?: UsageSealer;
  /** Hears what apps have used every few seconds, nothing included, and says in how many milliseconds it is to hear it again. Default: apps have no quotas. */
  readonly quotas?: { note(usage: readonly AppUsage[]): Promise<number> };
  /** Milliseconds since 1970, by the clock that days are billed by. */
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

/** The most usage that is lost when a node is killed. */
const INTERVAL_MS = 5_000;

export class UsageDesk {
  readonly #options: UsageDeskOptions;
  readonly #meter: UsageMeter;
  #bytes = NO_USAGE;
  #cancelTimer: CancelTimer;
  #cancelCollection: CancelTimer = () => undefined;
  #isClosed = false;
  #isCollecting = false;

  /** Collects from now on, until it is closed. */
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

  /** The day, UTC, that is billed now. */
  today(): string {
    return usageDayOf(this.#options.billingNowMs());
  }

  /** What an app has used on a day, as far as the ledger has been told: on all nodes that share it. Rejects as `UsageLedger.totals` does. */
  totals(appId: AppId, day: string): Promise<UsageBytes> {
    return this.#options.ledger.totals(appId, day);
  }

  /**
   * Counts what is left and sends it. To be called when the SFU is closed and the ledger is not.
   *
   * @returns how many batches the ledger has not confirmed: in the journal, or lost without one
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

  /** A shard that hangs may take longer to answer than the interval: it is not asked again before it has. */
  async #tick(): Promise<void> {
    if (!(await this.#collectAlone())) return;
    // With nothing new, what the ledger did not take before is sent again.
    await this.#meter.flush();
  }

  /** Counts without closing batches, which are as long as ever. */
  #collectSoon(dueInMs: number): void {
    this.#cancelCollection();
    if (this.#isClosed || dueInMs >= INTERVAL_MS) return;
    this.#cancelCollection = this.#options.clock.schedule(dueInMs, () => void this.#collectAlone());
  }

  /** @returns false if the SFU has not answered yet since it was asked last */
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
      // An edge: what cannot be counted now must not stop the counting.
      this.#options.onDefect(error);
    }
  }

  #add({ appId, bytes, parts }: AppUsage): void {
    this.#bytes = addUsage(this.#bytes, bytes);
    for (const part of parts) if (USAGE_METRICS.some((metric) => part.bytes[metric] > 0)) this.#meter.add(appId, part);
  }
}
