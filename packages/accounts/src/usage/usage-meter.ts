import type { AppId } from '@causeway/protocol';
import type { UsageJournal } from './usage-journal.ts';
import { NO_USAGE, type UsageBatch, type UsageBytes, type UsageLedger, type UsageMetric } from './usage-ledger.ts';
import { UsageQueue } from './usage-queue.ts';

/** What a usage meter needs. */
export interface UsageMeterOptions {
  readonly ledger: UsageLedger;
  readonly journal: UsageJournal;
  readonly life: { readonly nodeNo: number; readonly epoch: number };
  /** Milliseconds since 1970, by the clock that days are billed by. */
  readonly billingNowMs: () => number;
  /** Milliseconds on a clock that never goes back. */
  readonly nowMs: () => number;
}

/** Batches of an app that may wait for the ledger before they are made longer instead of more. */
const MAX_SHORT_BATCHES = 500;
const LONG_BATCH_MS = 5 * 60_000;

type Counter = { -readonly [Metric in UsageMetric]: UsageBytes[Metric] };

/**
 * Adds up what apps use on this node, and sees to it that the ledger counts each byte once: in batches that are kept until they are
 * counted and a failover can no longer take that back. The owner calls `flush` every few seconds.
 */
export class UsageMeter {
  readonly #options: UsageMeterOptions;
  /** Open counters, by app. */
  readonly #counters = new Map<AppId, Counter>();
  readonly #queues = new Map<string, UsageQueue>();
  #flushing: Promise<void> = Promise.resolve();
  #isLastFlush = false;

  /** Batches that former lives of this node have left in the journal are counted first, as theirs. */
  constructor(options: UsageMeterOptions) {
    this.#options = options;
    for (const batch of options.journal.leftovers) this.#queueOf(batch).push(batch);
  }

  /** Batches that the ledger has not confirmed. */
  get outstanding(): number {
    return [...this.#queues.values()].reduce((sum, { outstanding }) => sum + outstanding, 0);
  }

  /** Cheap, so that it may be called for every flush of packets. */
  add(appId: AppId, metric: UsageMetric, bytes: number): void {
    const counter = this.#counters.get(appId) ?? { ...NO_USAGE };
    counter[metric] += bytes;
    this.#counters.set(appId, counter);
  }

  /** Closes what was added up and sends what is outstanding. Never rejects: what the ledger does not take now waits. */
  flush(): Promise<void> {
    this.#closeCounters();
    this.#flushing = this.#flushing.then(() => this.#sendAll());
    return this.#flushing;
  }

  /** Like `flush`, for the last time: it does not hold usage back for a longer batch. */
  finish(): Promise<void> {
    this.#isLastFlush = true;
    return this.flush();
  }

  #closeCounters(): void {
    const batches = [...this.#counters].flatMap(([appId, bytes]) => this.#close(appId, bytes) ?? []);
    this.#options.journal.note(batches);
  }

  #close(appId: AppId, bytes: UsageBytes): UsageBatch | undefined {
    const { life, billingNowMs, nowMs } = this.#options;
    const queue = this.#queueOf({ appId, ...life });
    const mayGrow = queue.outstanding >= MAX_SHORT_BATCHES && nowMs() - queue.lastPushedAtMs < LONG_BATCH_MS;
    if (mayGrow && !this.#isLastFlush) return undefined;
    const seq = queue.lastSeq + 1;
    const batch = { appId, ...life, seq, follows: seq - 1, closedAtMs: billingNowMs(), bytes };
    this.#counters.delete(appId);
    queue.push(batch);
    return batch;
  }

  async #sendAll(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.send(this.#isLastFlush)));
    for (const [name, queue] of this.#queues) if (queue.isOver) this.#queues.delete(name);
  }

  #queueOf({ appId, nodeNo, epoch }: Pick<UsageBatch, 'appId' | 'nodeNo' | 'epoch'>): UsageQueue {
    const name = `${appId}/${nodeNo}/${epoch}`;
    const { ledger, journal, nowMs, life } = this.#options;
    const isOfThisLife = nodeNo === life.nodeNo && epoch === life.epoch;
    const queue = this.#queues.get(name) ?? new UsageQueue({ ledger, journal, nowMs, isOfThisLife });
    this.#queues.set(name, queue);
    return queue;
  }
}
