import type { KeyObject } from 'node:crypto';
import type { CancelTimer, NodeNews, NodeRecord } from '@causeway/sfu';
import type { ClusterClock, Timers } from '../time/cluster-clock.ts';
import { RECORD_REFRESH_MS, readNodeRecord, writeNodeRecord } from './node-record-text.ts';
import type { NodeScripts, RenewalReply } from './node-scripts.ts';

export interface LeaseKeeperOptions {
  readonly self: NodeRecord;
  readonly scripts: NodeScripts;
  readonly timers: Timers;
  readonly clusterClock: ClusterClock;
  readonly key: KeyObject;
  readonly isMediaAlive: () => boolean;
  readonly onSuperseded: (byEpoch: number) => void;
  readonly onRevived: (cause: 'lapsed' | 'lost') => void;
  readonly onStalled: () => void;
  /** Called for every failure until a renewal succeeds; `isNews` is true for the first. */
  readonly onNotRenewed: (error: unknown, isNews: boolean) => void;
}

/** Allows two renewals to fail. A node that dies is still missing from all listings within six seconds, even if they are read slowly. */
export const LEASE_MS = 5_500;
const RENEWAL_INTERVAL_MS = 2_000;
const RETRY_INTERVAL_MS = 500;
/**
 * How long a newer life of this node may be in Redis without a signed record. A node signs its record right after it
 * begins, and the limit leaves time to renew the lease before it ends.
 */
const MAX_UNSIGNED_MS = 1_000;
/** Smaller changes of load wait for the next renewal that carries a record, because every new record makes every node read it. */
const NOTABLE_LOAD_CHANGE = 0.05;

/** Renews the lease of this node while its media loop runs, and keeps its record up to date. */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  #self: NodeRecord;
  /** The record that was last sent to Redis, and when; undefined if it must be sent again. */
  #told: { readonly record: NodeRecord; readonly atMs: number } | undefined;
  #cancelTimer: CancelTimer | undefined;
  #renewing: Promise<void> | undefined;
  #isStalled = false;
  #isUnrenewed = false;
  /** Milliseconds on the process's clock. */
  #renewedAtMs = Number.NEGATIVE_INFINITY;
  /** When Redis first reported a newer life without a signed record; undefined while it reports none. */
  #doubtedSinceMs: number | undefined;
  #hasEnded = false;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
    this.#self = options.self;
  }

  get self(): NodeRecord {
    return this.#self;
  }

  async start(): Promise<void> {
    this.#note(await this.#renew(), 'first');
    this.#scheduleRenewal(RENEWAL_INTERVAL_MS);
  }

  announce(change: NodeNews): void {
    this.#self = { ...this.#self, ...change };
    // If a renewal is in progress, the next one carries the change and follows immediately.
    if (this.#hasNews() && this.#renewing === undefined && this.#cancelTimer !== undefined) this.#scheduleRenewal(0);
  }

  async stop(): Promise<void> {
    const hadEnded = this.#hasEnded;
    this.#end();
    await this.#renewing;
    // Without this, the other nodes wait until the lease ends, as they do if it fails.
    if (!hadEnded) await this.#options.scripts.leave(this.#self).catch(() => {});
  }

  #scheduleRenewal(delayMs: number): void {
    if (this.#hasEnded) return;
    this.#cancelTimer?.();
    this.#cancelTimer = this.#options.timers.schedule(delayMs, () => {
      this.#renewing = this.#renewInTime().finally(() => {
        this.#renewing = undefined;
      });
    });
  }

  async #renewInTime(): Promise<void> {
    if (!this.#mayRenew()) return this.#scheduleRenewal(RETRY_INTERVAL_MS);
    try {
      const reply = await this.#renew();
      if (reply.type === 'superseded' && !(await this.#hasSuccessor())) return await this.#doubt(reply.byEpoch);
      this.#note(reply, 'later');
      this.#scheduleRenewal(this.#hasNews() ? 0 : RENEWAL_INTERVAL_MS);
    } catch (error) {
      // It is not known whether Redis has the record.
      this.#told = undefined;
      this.#options.onNotRenewed(error, !this.#isUnrenewed);
      this.#isUnrenewed = true;
      this.#scheduleRenewal(RETRY_INTERVAL_MS);
    }
  }

  /**
   * Tells whether a node of this cluster has signed a record with a higher epoch. An attacker who can write to Redis
   * can write a higher epoch, but cannot sign a record with it.
   */
  async #hasSuccessor(): Promise<boolean> {
    const { scripts, key } = this.#options;
    const { nodeNo, epoch } = this.#self;
    const { records, redisNowMs } = await scripts.readTable('0');
    const text = records.find((row) => row.nodeNo === nodeNo)?.text ?? '';
    const record = readNodeRecord(text, redisNowMs, key);
    return record !== undefined && record.nodeNo === nodeNo && record.epoch > epoch;
  }

  /**
   * Continues, and takes the epoch back if no node has signed with the higher one in time. After the lease has ended
   * the epoch is not taken back, because a newer life may have begun and ended since.
   */
  async #doubt(byEpoch: number): Promise<void> {
    const nowMs = this.#options.timers.nowMs();
    this.#doubtedSinceMs ??= nowMs;
    // Redis has not accepted the record that came with the renewal.
    this.#told = undefined;
    const message = `epoch ${byEpoch} of node ${this.#self.nodeNo} is in Redis, and no node of this cluster has signed with it`;
    this.#options.onNotRenewed(new Error(message), !this.#isUnrenewed);
    this.#isUnrenewed = true;
    const isOver = nowMs - this.#doubtedSinceMs >= MAX_UNSIGNED_MS;
    if (isOver && nowMs - this.#renewedAtMs < LEASE_MS) await this.#options.scripts.reclaim(this.#self);
    this.#scheduleRenewal(RETRY_INTERVAL_MS);
  }

  #mayRenew(): boolean {
    const isAlive = this.#options.isMediaAlive();
    if (!isAlive && !this.#isStalled) this.#options.onStalled();
    this.#isStalled = !isAlive;
    return isAlive;
  }

  async #renew(): Promise<RenewalReply> {
    const { scripts, clusterClock, key, timers } = this.#options;
    const record = this.#self;
    const mustTell = this.#hasNews() || this.#told === undefined || timers.nowMs() - this.#told.atMs >= RECORD_REFRESH_MS;
    const text = mustTell ? writeNodeRecord(record, clusterClock.nowMs(), key) : undefined;
    const reply = await scripts.renew(record, LEASE_MS, {
      text,
      isUrgent: this.#told === undefined || isUrgentNews(this.#told.record, record),
    });
    if (mustTell) this.#told = { record, atMs: timers.nowMs() };
    return reply;
  }

  #note(reply: RenewalReply, turn: 'first' | 'later'): void {
    this.#isUnrenewed = false;
    if (reply.type === 'superseded') {
      this.#end();
      this.#options.onSuperseded(reply.byEpoch);
      return;
    }
    this.#renewedAtMs = this.#options.timers.nowMs();
    this.#doubtedSinceMs = undefined;
    this.#options.clusterClock.set(reply.redisNowMs);
    if (reply.was === 'kept' || turn === 'first') return;
    // Redis may have lost the record too.
    if (reply.was === 'lost') this.#told = undefined;
    this.#options.onRevived(reply.was);
  }

  #hasNews(): boolean {
    const told = this.#told?.record;
    if (told === undefined) return true;
    return isUrgentNews(told, this.#self) || Math.abs(told.load - this.#self.load) >= NOTABLE_LOAD_CHANGE;
  }

  #end(): void {
    this.#hasEnded = true;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}

/** Whether the change must be published at once: where sessions may be placed, and that links must be established again. */
function isUrgentNews(told: NodeRecord, now: NodeRecord): boolean {
  return told.state !== now.state || told.linkLosses !== now.linkLosses;
}
