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
  /** Called for every failure until a renewal succeeds; `isNews` the first time. */
  readonly onNotRenewed: (error: unknown, isNews: boolean) => void;
}

/** Two renewals may fail; and a node that dies is out of all listings within six seconds, however slow their reading is. */
export const LEASE_MS = 5_500;
const RENEWAL_INTERVAL_MS = 2_000;
const RETRY_INTERVAL_MS = 500;
/**
 * How long a newer life of this node may be in Redis without having signed anything. It signs its
 * record right after it has begun; and this leaves time to renew the lease before it ends.
 */
const MAX_UNSIGNED_MS = 1_000;
/** Smaller changes of load wait for the next renewal that tells something anyway: every one costs every node a reading. */
const NOTABLE_LOAD_CHANGE = 0.05;

/** Keeps the lease of this node for as long as its media loop ticks, and its record up to date. */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  #self: NodeRecord;
  /** What Redis was told last, and when; undefined when it must be told again. */
  #told: { readonly record: NodeRecord; readonly atMs: number } | undefined;
  #cancelTimer: CancelTimer | undefined;
  #renewing: Promise<void> | undefined;
  #isStalled = false;
  #isUnrenewed = false;
  /** By the process's clock. */
  #renewedAtMs = Number.NEGATIVE_INFINITY;
  /** When Redis first told of a newer life that has signed nothing; undefined while it tells of none. */
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
    // While one renewal is under way the next one tells it; it follows at once.
    if (this.#hasNews() && this.#renewing === undefined && this.#cancelTimer !== undefined) this.#scheduleRenewal(0);
  }

  async stop(): Promise<void> {
    const hadEnded = this.#hasEnded;
    this.#end();
    await this.#renewing;
    // Without it the others would wait until the lease ends; that they do if this fails.
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
      // Whether Redis has the record is not known now.
      this.#told = undefined;
      this.#options.onNotRenewed(error, !this.#isUnrenewed);
      this.#isUnrenewed = true;
      this.#scheduleRenewal(RETRY_INTERVAL_MS);
    }
  }

  /** An attacker who can write to Redis can write a higher epoch there; only a node of this cluster can sign a record with it. */
  async #hasSuccessor(): Promise<boolean> {
    const { scripts, key } = this.#options;
    const { nodeNo, epoch } = this.#self;
    const { records, redisNowMs } = await scripts.readTable('0');
    const text = records.find((row) => row.nodeNo === nodeNo)?.text ?? '';
    const record = readNodeRecord(text, redisNowMs, key);
    return record !== undefined && record.nodeNo === nodeNo && record.epoch > epoch;
  }

  /**
   * Goes on, and takes the epoch back if no node has signed with it in time. Once the lease has ended
   * that is not done: a newer life may have been there in between and have ended.
   */
  async #doubt(byEpoch: number): Promise<void> {
    const nowMs = this.#options.timers.nowMs();
    this.#doubtedSinceMs ??= nowMs;
    // Redis has not taken the record that came with the renewal.
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
    // The record may be lost as well.
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

/** Not to be learned seconds later: where sessions may go, and that links must be made again. */
function isUrgentNews(told: NodeRecord, now: NodeRecord): boolean {
  return told.state !== now.state || told.linkLosses !== now.linkLosses;
}
