import type { CancelTimer } from '@causeway/sfu';
import type { Timers } from '../time/cluster-clock.ts';
import type { NodeScripts, TableChanges, TableReading } from './node-scripts.ts';
import type { NodeChange, NodeTable } from './node-table.ts';

export interface TablePollOptions {
  readonly scripts: NodeScripts;
  readonly timers: Timers;
  readonly table: NodeTable;
  /** Called when changes are available. */
  readonly onRead: () => void;
}

const INTERVAL_MS = 1_000;
/** The minimum between two reads, however many hints arrive. */
const MIN_INTERVAL_MS = 100;
/** The delay after the first lease should have ended. Reading again then detects a dead node without waiting another second. */
const PAST_LEASE_END_MS = 5;
/** This process never leaves more time than this between two reads, unless it was suspended. */
const STANDSTILL_MS = 3_000;
/**
 * How much more Redis's clock may advance between two reads than this process's. A larger difference means that Redis's
 * clock was set or this process was suspended, so that leases ended early.
 */
const CLOCK_LEAP_MS = 1_500;

/** Reads the table of nodes periodically. Hints make it faster, but are not required. */
export class TablePoll {
  readonly #options: TablePollOptions;
  #serial = '0';
  readonly #known = new KnownLeases();
  #changes: NodeChange[] = [];
  /** The time of the last read by this process's clock and by Redis's. */
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

  /** Reads the table within 100 ms. */
  hurry(): void {
    const sinceMs = this.#options.timers.nowMs() - (this.#lastRead?.atMs ?? 0);
    if (this.#reading === undefined) this.#schedule(Math.max(0, MIN_INTERVAL_MS - sinceMs));
  }

  /** Reads the table now. All callers that ask before the read starts share it. Never rejects. */
  async refresh(): Promise<void> {
    // A read in progress may have been answered before the change that the caller is looking for.
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
    // With a different Redis, or an older state of this one, the serial is behind: its content may be new in spite of
    // it.
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

  /** Whether other nodes may have had no time to renew the leases that ended since the last read. */
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

/** The table is read in full once per this many reads, to find what the changes do not show. */
const READINGS_PER_WHOLE = 10;

/**
 * The nodes that have a lease in Redis, as of the last read. Redis serves one caller at a time, and every node reads
 * the table every second. Reading only the changes keeps the load from growing with the square of the number of nodes.
 */
export class KnownLeases {
  #nodeNos = new Set<number>();
  #ended = new Set<number>();
  #serial = '0';
  #readingsLeft = 0;

  /** Whether reading the changes may be enough; `complete` tells whether it was. */
  get mayContinue(): boolean {
    return this.#readingsLeft > 0;
  }

  note({ leases, redisNowMs, serial }: TableReading): void {
    this.#nodeNos = new Set(leases.map(({ nodeNo }) => nodeNo));
    this.#ended = new Set(leases.flatMap(({ nodeNo, endsAtMs }) => (endsAtMs <= redisNowMs ? [nodeNo] : [])));
    this.#serial = serial;
    this.#readingsLeft = READINGS_PER_WHOLE - 1;
  }

  /** Makes the next read a full one, because Redis or this process had a problem. */
  forget(): void {
    this.#readingsLeft = 0;
  }

  /**
   * @returns what a full read would return, except that every running lease has the earliest end of all of them instead
   * of its own; undefined if the changes do not determine which nodes have a lease
   */
  complete({ redisNowMs, serial, leaseCount, ended, nextEndMs, records }: TableChanges): TableReading | undefined {
    const endedNow = new Map(ended.map(({ nodeNo, endsAtMs }) => [nodeNo, endsAtMs]));
    const isSameSet =
      leaseCount === this.#nodeNos.size &&
      // A lease that had ended and now has not was renewed or removed.
      [...this.#ended].every((nodeNo) => endedNow.has(nodeNo)) &&
      [...endedNow.keys(), ...records.map(({ nodeNo }) => nodeNo)].every((nodeNo) => this.#nodeNos.has(nodeNo));
    const isOlder = Number(serial) < Number(this.#serial);
    if (!isSameSet || isOlder || (nextEndMs === undefined && endedNow.size < leaseCount)) return undefined;
    this.#ended = new Set(endedNow.keys());
    this.#serial = serial;
    this.#readingsLeft--;
    const leases = [...this.#nodeNos].map((nodeNo) => ({ nodeNo, endsAtMs: endedNow.get(nodeNo) ?? nextEndMs ?? 0 }));
    return { redisNowMs, serial, leases, records };
  }
}
