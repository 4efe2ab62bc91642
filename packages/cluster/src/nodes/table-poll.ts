import type { CancelTimer } from '@causeway/sfu';
import type { Timers } from '../time/cluster-clock.ts';
import { KnownLeases } from './known-leases.ts';
import type { NodeScripts, TableReading } from './node-scripts.ts';
import type { NodeChange, NodeTable } from './node-table.ts';

export interface TablePollOptions {
  readonly scripts: NodeScripts;
  readonly timers: Timers;
  readonly table: NodeTable;
  /** Changes can be taken. */
  readonly onRead: () => void;
}

const INTERVAL_MS = 1_000;
/** However many hints there are. */
const MIN_INTERVAL_MS = 100;
/** Leases are read again right after the first of them should have ended, so a dead node is not seen a second longer. */
const PAST_LEASE_END_MS = 5;
/** Longer than this process ever leaves between two readings: it was suspended. */
const STANDSTILL_MS = 3_000;
/**
 * By how much more Redis's clock advanced between two readings than this process's: it was set, or this process was
 * suspended, so leases ended early.
 */
const CLOCK_LEAP_MS = 1_500;

/** Reads the table of nodes again and again: hints make it quicker, and are never needed. */
export class TablePoll {
  readonly #options: TablePollOptions;
  #serial = '0';
  readonly #known = new KnownLeases();
  #changes: NodeChange[] = [];
  /** By this process's clock and by Redis's. */
  #lastRead: { readonly atMs: number; readonly redisNowMs: number } | undefined;
  #reading: Promise<void> | undefined;
  #cancelTimer: CancelTimer | undefined;
  #hasStopped = false;

  constructor(options: TablePollOptions) {
    this.#options = options;
  }

  /** @throws SfuError `registry_unavailable` */
  start(): Promise<void> {
    const first = this.#read();
    this.#underWay(first.catch(() => {}));
    return first;
  }

  /** Reads within a tenth of a second. */
  hurry(): void {
    const sinceMs = this.#options.timers.nowMs() - (this.#lastRead?.atMs ?? 0);
    if (this.#reading === undefined) this.#schedule(Math.max(0, MIN_INTERVAL_MS - sinceMs));
  }

  /** All callers that ask before it ends share one reading. Never rejects. */
  async refresh(): Promise<void> {
    // One that is under way may have been answered already: what is asked for may not be in it.
    await this.#reading;
    await (this.#reading ?? this.#readNow());
  }

  takeChanges(): readonly NodeChange[] {
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }

  stop(): void {
    this.#hasStopped = true;
    this.#cancelTimer?.();
  }

  #schedule(delayMs: number): void {
    if (this.#hasStopped) return;
    this.#cancelTimer?.();
    this.#cancelTimer = this.#options.timers.schedule(delayMs, () => void this.#readNow());
  }

  #readNow(): Promise<void> {
    if (this.#reading !== undefined) return this.#reading;
    this.#cancelTimer?.();
    return this.#underWay(
      this.#read().catch(() => {
        this.#known.forget();
        this.#options.table.noteTrouble(this.#options.timers.nowMs());
        this.#schedule(INTERVAL_MS);
      }),
    );
  }

  #underWay(reading: Promise<void>): Promise<void> {
    this.#reading = reading.finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { timers, table } = this.#options;
    const reading = await this.#readSome();
    const nowMs = timers.nowMs();
    if (this.#isBelated(reading, nowMs)) table.noteTrouble(nowMs);
    this.#lastRead = { atMs: nowMs, redisNowMs: reading.redisNowMs };
    // A different Redis, or an older state of this one, with a clock that is behind: its content may be new in spite of its serial.
    this.#serial = Number(reading.serial) < Number(this.#serial) ? '0' : reading.serial;
    this.#changes.push(...table.apply(reading, nowMs));
    this.#schedule(Math.min(INTERVAL_MS, msToNextLeaseEnd(reading) + PAST_LEASE_END_MS));
    this.#options.onRead();
  }

  async #readSome(): Promise<TableReading> {
    const { scripts } = this.#options;
    const changes = this.#known.mayContinue ? this.#known.complete(await scripts.readChanges(this.#serial)) : undefined;
    if (changes !== undefined) return changes;
    const whole = await scripts.readTable(this.#serial);
    this.#known.note(whole);
    return whole;
  }

  /** Others may have had no time to renew what ended in that time. */
  #isBelated({ redisNowMs }: TableReading, nowMs: number): boolean {
    if (this.#lastRead === undefined) return false;
    const sinceMs = nowMs - this.#lastRead.atMs;
    return sinceMs > STANDSTILL_MS || redisNowMs - this.#lastRead.redisNowMs - sinceMs > CLOCK_LEAP_MS;
  }
}

/** @returns infinity if no lease is running */
function msToNextLeaseEnd({ leases, redisNowMs }: TableReading): number {
  return Math.min(Number.POSITIVE_INFINITY, ...leases.map(({ endsAtMs }) => endsAtMs - redisNowMs).filter((leftMs) => leftMs > 0));
}
