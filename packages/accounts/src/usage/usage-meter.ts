import type { AppId } from '@causeway/protocol';
import type { UsageJournal } from './usage-journal.ts';
import { addUsage, MAX_USAGE_PARTS, NO_USAGE, type UsageBatch, type UsageLedger, type UsagePart } from './usage-ledger.ts';
import { UsageQueue } from './usage-queue.ts';
import type { UsageSealer } from './usage-sealer.ts';

/** What a usage meter needs. */
export interface UsageMeterOptions {
  readonly ledger: UsageLedger;
  readonly journal: UsageJournal;
  readonly life: { readonly nodeNo: number; readonly epoch: number };
  readonly region: string;
  /** Makes batches leaves of the ledger. Default: they are none. */
  readonly sealer?: UsageSealer;
  /** Milliseconds since 1970, by the clock that days are billed by. */
  readonly billingNowMs: () => number;
  /** Milliseconds on a clock that never goes back. */
  readonly nowMs: () => number;
}

/** Batches of an app that may wait for the ledger before they are made longer instead of more. */
const MAX_SHORT_BATCHES = 500;
const LONG_BATCH_MS = 5 * 60_000;

/** Usage by a key of kind, session and track. */
type Counter = Map<string, UsagePart>;

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

  add(appId: AppId, part: UsagePart): void {
    const counter: Counter = this.#counters.get(appId) ?? new Map();
    const name = JSON.stringify([part.kind, part.sessionId, part.track]);
    const before = counter.get(name);
    counter.set(name, before === undefined ? part : { ...part, bytes: addUsage(before.bytes, part.bytes) });
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
