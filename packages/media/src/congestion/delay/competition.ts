/**
 * Whether competing flows, such as a download, fill the queue that our packets wait in. The queue then stays however little we send, and
 * giving way to every increase would leave us nothing. As long as that is the case only loss counts, as it does for the other flows.
 *
 * @see docs/adr/0016-bandwidth-estimation.md
 */
import { FairRate } from '../fair-rate.ts';

/** Long enough that, after a decrease, a queue of our own has shrunk from one check to the next. */
const LOOK_EVERY_MS = 2500;
const SHRUNK = 0.8;
/** Our own frames cause a shorter queue at low rates. */
const EMPTY_MS = 40;
/** Flows that fill the queue cause losses at least this often. */
const OVERFLOWS_WITHIN_MS = 60_000;
/**
 * A sender of BBR keeps a short queue without filling it, and a peer that joined during a download has never seen the path without one. Both
 * cases are known by a queue that neither drains nor grows by more than `STEADY_MS` in this time, while we send no more than before, or less
 * than fits.
 */
const STANDS_FOR_MS = 3000;
const STANDING_MS = 20;
const STEADY_MS = 15;
const DRAINED = 0.6;
const HIGHER = 1.15;
/** A download leaves the queue empty for a moment: BBR does so to measure the path, and others if they have lost many packets at once. */
const GONE_AFTER_MS = 700;
/** What is sent may exceed the fair rate by this factor, so that a layer is not left for a difference that the next loss may undo. */
const TOLERATED = 1.4;
/** Frames vary in size. */
const ABOVE_ARRIVING = 1.1;
/** Losses while a download begins say little, and leave less than a picture needs. */
const MIN_START_BPS = 150_000;
/**
 * Several peers on one path could take each other for a download. So those that use their whole rate send less for a moment, all of them at
 * the same time, because one alone would not drain the queue.
 */
const EXAMINE_EVERY_MS = 20_000;
const EXAMINE_FOR_MS = 1800;
const WHOLE = 0.9;
const LESS = 0.7;

export interface QueueState {
  readonly queueMs: number;
  /** How many packets were lost. */
  readonly lost: number;
  /** Whether the rate is being reduced. */
  readonly isDecreasing: boolean;
  /** Whether less is sent than the estimate allows. */
  readonly isApplicationLimited: boolean;
  /** The bitrate that arrives; 0 if it has not been measured yet. */
  readonly arrivingBps: number;
}

export class Competition {
  #lookedAtMs = Number.NaN;
  #queueThenMs = Number.POSITIVE_INFINITY;
  #overflowedAtMs = Number.NEGATIVE_INFINITY;
  /** Since when a queue has stood, how long it was then, and what arrived. */
  #standsSinceMs = Number.NaN;
  #stoodMs = 0;
  #stoodBps = 0;
  /** Since when there has been no queue; NaN while there is one. */
  #emptySinceMs = Number.NaN;
  #isPresent = false;
  /** Created for each competition. */
  #fairRate: FairRate | undefined = undefined;
  #examinedTurn = 0;
  #examinesUntilMs = Number.NEGATIVE_INFINITY;

  get isPresent(): boolean {
    return this.#isPresent;
  }

  /** Takes what a report shows of the queue. */
  update(nowMs: number, { queueMs, lost, isDecreasing, isApplicationLimited, arrivingBps }: QueueState): void {
    // Where less arrives than a picture needs, the queue may be that of the lowest layer itself, which is always sent.
    if (queueMs >= STANDING_MS && arrivingBps >= MIN_START_BPS) this.#watchStanding(nowMs, queueMs, arrivingBps, isApplicationLimited);
    else this.#standsSinceMs = Number.NaN;
    if (queueMs < (this.#isPresent ? STANDING_MS : EMPTY_MS)) {
      this.#noteEmpty(nowMs);
      return;
    }
    this.#emptySinceMs = Number.NaN;
    if (lost > 0) this.#overflowedAtMs = nowMs;
    if (isDecreasing && Number.isNaN(this.#lookedAtMs)) this.#look(nowMs, Number.POSITIVE_INFINITY);
    if (nowMs - this.#lookedAtMs < LOOK_EVERY_MS || Number.isNaN(this.#lookedAtMs)) return;
    const overflows = nowMs - this.#overflowedAtMs < OVERFLOWS_WITHIN_MS;
    if (overflows && queueMs > SHRUNK * this.#queueThenMs) this.#isPresent = true;
    this.#look(nowMs, queueMs);
  }

  /**
   * Takes the result of a report while there is competition.
   *
   * @param rttMs the present round trip, including the queue
   * @returns the rate that is ours
   */
  share(nowMs: number, arrivingBps: number, lost: number, rttMs: number): number {
    this.#fairRate ??= new FairRate(nowMs, Math.max(arrivingBps, MIN_START_BPS), rttMs);
    this.#fairRate.update(nowMs, arrivingBps, lost, rttMs);
    const fairBps = this.#fairRate.bps;
    if (this.#examines(nowMs, arrivingBps > WHOLE * fairBps)) return LESS * fairBps;
    return Math.max(fairBps, Math.min(ABOVE_ARRIVING * arrivingBps, TOLERATED * fairBps));
  }

  #examines(nowMs: number, isUsed: boolean): boolean {
    const turn = Math.floor(nowMs / EXAMINE_EVERY_MS);
    if (turn !== this.#examinedTurn && isUsed) this.#examinesUntilMs = nowMs + EXAMINE_FOR_MS;
    this.#examinedTurn = turn;
    return nowMs < this.#examinesUntilMs;
  }

  #watchStanding(nowMs: number, queueMs: number, arrivingBps: number, isApplicationLimited: boolean): void {
    // A queue of our own would grow with our rate.
    if (!isApplicationLimited && arrivingBps > HIGHER * this.#stoodBps) this.#standsSinceMs = Number.NaN;
    if (nowMs - this.#standsSinceMs < STANDS_FOR_MS) return;
    const isSteady = queueMs > DRAINED * this.#stoodMs && queueMs < this.#stoodMs + STEADY_MS;
    if (!Number.isNaN(this.#standsSinceMs) && isSteady) this.#isPresent = true;
    this.#standsSinceMs = nowMs;
    this.#stoodMs = queueMs;
    this.#stoodBps = arrivingBps;
  }

  #noteEmpty(nowMs: number): void {
    if (Number.isNaN(this.#emptySinceMs)) this.#emptySinceMs = nowMs;
    if (this.#isPresent && nowMs - this.#emptySinceMs < GONE_AFTER_MS) return;
    this.#isPresent = false;
    this.#fairRate = undefined;
    this.#lookedAtMs = Number.NaN;
  }

  #look(nowMs: number, queueMs: number): void {
    this.#lookedAtMs = nowMs;
    this.#queueThenMs = queueMs;
  }
}
