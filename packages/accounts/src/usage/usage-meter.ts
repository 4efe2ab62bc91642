import type { AppId } from '@causeway/protocol';
import type { UsageJournal } from './usage-journal.ts';
import { addUsage, MAX_USAGE_PARTS, NO_USAGE, type UsageBatch, type UsageLedger, type UsagePart } from './usage-ledger.ts';
import { UsageQueue } from './usage-queue.ts';
import type { UsageSealer } from './usage-sealer.ts';

/** Options of a usage meter. */
export interface UsageMeterOptions {
  readonly ledger: UsageLedger;
  readonly journal: UsageJournal;
  readonly life: { readonly nodeNo: number; readonly epoch: number };
  readonly region: string;
  /** Makes batches leaves of the ledger. By default, there are no leaves. */
  readonly sealer?: UsageSealer;
  /** Milliseconds since 1970, on the clock by which days are billed. */
  readonly billingNowMs: () => number;
  /** Monotonic time in milliseconds. */
  readonly nowMs: () => number;
}

/** How many batches of an app may wait for the ledger. Beyond that, batches grow longer instead of more numerous. */
const MAX_SHORT_BATCHES = 500;
const LONG_BATCH_MS = 5 * 60_000;

/** Usage by kind, session and track. */
type Counter = Map<string, UsagePart>;

/**
 * Adds up what apps use on this node, and has the ledger count each byte once. Batches are kept until they are counted and a failover
 * can no longer revert that. The owner calls `flush` every few seconds.
 */
export class UsageMeter {
  readonly #options: UsageMeterOptions;
  /** The open counters of each app. */
  readonly #counters = new Map<AppId, Counter>();
  readonly #queues = new Map<string, UsageQueue>();
  #flushing: Promise<void> = Promise.resolve();
  #isLastFlush = false;

  /** Starts with the batches that former lives of this node left in the journal, which are counted for those lives. */
  constructor(options: UsageMeterOptions) {
    this.#options = options;
    for (const batch of options.journal.leftovers) this.#queueOf(batch).push(batch);
  }

  /** The number of batches that the ledger has not confirmed. */
  get outstanding(): number {
    return [...this.#queues.values()].reduce((sum, { outstanding }) => sum + outstanding, 0);
  }

  add(appId: AppId, part: UsagePart): void {
    const counter: Counter = this.#counters.get(appId) ?? new Map();
    const name = JSON.stringify([part.kind, part.sessionId, part.track]);
    const before = counter.get(name);
    counter.set(name, before === undefined ? part : { ...part, bytes: addUsage(before.bytes, part.bytes) });
    this.#counters.set(appId, counter);
  }

  /** Closes the open batches and sends all outstanding ones. Never rejects; batches that the ledger does not accept stay outstanding. */
  flush(): Promise<void> {
    this.#closeCounters();
    this.#flushing = this.#flushing.then(() => this.#sendAll());
    return this.#flushing;
  }

  /** Like `flush`, but for the last time, so it holds no usage back for a longer batch. */
  finish(): Promise<void> {
    this.#isLastFlush = true;
    return this.flush();
  }

  #closeCounters(): void {
    const closed = [...this.#counters].flatMap(([appId, counter]) => this.#close(appId, counter));
    const batches = this.#options.sealer?.seal(closed) ?? closed;
    for (const batch of batches) this.#queueOf(batch).push(batch);
    this.#options.journal.note(batches);
  }

  #close(appId: AppId, counter: Counter): UsageBatch[] {
    const { life, nowMs } = this.#options;
    const queue = this.#queueOf({ appId, ...life });
    const mayGrow = queue.outstanding >= MAX_SHORT_BATCHES && nowMs() - queue.lastPushedAtMs < LONG_BATCH_MS;
    if (mayGrow && !this.#isLastFlush) return [];
    this.#counters.delete(appId);
    const parts = [...counter.values()];
    const batches: UsageBatch[] = [];
    for (let first = 0; first < parts.length; first += MAX_USAGE_PARTS) {
      batches.push(this.#batchOf(appId, queue.lastSeq + 1 + batches.length, parts.slice(first, first + MAX_USAGE_PARTS)));
    }
    return batches;
  }

  #batchOf(appId: AppId, seq: number, parts: readonly UsagePart[]): UsageBatch {
    const { life, region, billingNowMs } = this.#options;
    const bytes = parts.reduce((sum, part) => addUsage(sum, part.bytes), NO_USAGE);
    return { appId, ...life, seq, follows: seq - 1, closedAtMs: Math.floor(billingNowMs()), region, bytes, parts };
  }

  async #sendAll(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.send(this.#isLastFlush)));
    for (const [name, queue] of this.#queues) if (queue.isOver) this.#queues.delete(name);
  }

  #queueOf({ appId, nodeNo, epoch }: Pick<UsageBatch, 'appId' | 'nodeNo' | 'epoch'>): UsageQueue {
    const name = `${appId}/${nodeNo}/${epoch}`;
    const { ledger, journal, nowMs, life, sealer } = this.#options;
    const isOfThisLife = nodeNo === life.nodeNo && epoch === life.epoch;
    const queue =
      this.#queues.get(name) ??
      new UsageQueue({ ledger, journal, nowMs, isOfThisLife, onHeads: (heads) => sealer?.noteHeads(appId, heads) });
    this.#queues.set(name, queue);
    return queue;
  }
}
