import type { KeyObject } from 'node:crypto';
import type { CancelTimer, NodeNews, NodeRecord } from '@causeway/sfu';
import type { ClusterClock } from '../time/cluster-clock.ts';
import type { Timers } from '../time/timers.ts';
import { RECORD_REFRESH_MS, writeNodeRecord } from './node-record-text.ts';
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
  /** Told again and again until one succeeds; `isNews` the first time. */
  readonly onNotRenewed: (error: unknown, isNews: boolean) => void;
}

/** Two renewals may fail; and a node that dies is out of all listings within six seconds, however slow their reading is. */
export const LEASE_MS = 5_500;
const RENEWAL_INTERVAL_MS = 2_000;
const RETRY_INTERVAL_MS = 500;
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
      this.#note(await this.#renew(), 'later');
      this.#scheduleRenewal(this.#hasNews() ? 0 : RENEWAL_INTERVAL_MS);
    } catch (error) {
      // Whether Redis has the record is not known now.
      this.#told = undefined;
      this.#options.onNotRenewed(error, !this.#isUnrenewed);
      this.#isUnrenewed = true;
      this.#scheduleRenewal(RETRY_INTERVAL_MS);
    }
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

/** Not to be learned seconds later: where sessions may go, and that links must be made anew. */
function isUrgentNews(told: NodeRecord, now: NodeRecord): boolean {
  return told.state !== now.state || told.linkLosses !== now.linkLosses;
}
