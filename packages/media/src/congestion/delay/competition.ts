/**
 * Detects flows that compete with ours for the bottleneck and keep its queue filled, such as a download. However little we send, that queue
 * does not drain, so an estimator that backs off whenever delay grows would be starved. While there is competition, the rate follows loss
 * alone, as that of loss-based flows does.
 *
 * @see docs/adr/0016-bandwidth-estimation.md
 */
import { FairRate } from '../fair-rate.ts';

/** After a decrease, a queue that only we had built would shrink noticeably within this time. */
const LOOK_EVERY_MS = 2500;
const SHRUNK = 0.8;
/** At low rates, our own frames build queues shorter than this. */
const EMPTY_MS = 40;
/** Loss-based flows overflow the queue at least this often. */
const OVERFLOWS_WITHIN_MS = 60_000;
/**
 * A flow of a few packets a second may lose none of them. If the queue stays although the flow has come down to this share of its rate, the
 * queue belongs to others.
 */
const MUCH_LESS = 0.7;
/**
 * A peer that joins during a download has never seen the queue empty. It takes the shortest queue that it has seen for an empty one, so the
 * queue seems to drain at times. What gives the download away is one overflow after another, although we send no more than at the first.
 */
const MANY_OVERFLOWS = 3;
const OVERFLOWS_COUNT_FOR_MS = 40_000;
const OVERFLOW_LASTS_MS = 1500;
const NO_HIGHER = 1.2;
/**
 * A BBR sender keeps a short standing queue and does not overflow it. We recognise it if the shortest wait hardly changes from one span of
 * this length to the next, while we send no more than before or less than our estimate. Single waits prove less: if several of our peers
 * share the bottleneck and take turns to rise and back off, some of their waits are equal by chance.
 */
const STANDS_FOR_MS = 2000;
const STANDING_MS = 20;
/**
 * On a slow path that we fill, each packet waits while the one before it is transmitted, so a queue of one packet may be our own. It is not
 * if we send less than the estimate allows.
 */
const PACKET_BITS = 8 * 1500;
const STEADY_MS = 10;
const DRAINED = 0.7;
const HIGHER = 1.15;
/**
 * The queue may be empty for a moment although the download goes on: BBR drains it to measure the round-trip time, and loss-based flows
 * halve their window after a burst of losses.
 */
const GONE_AFTER_MS = 700;
/** Used if the shortest wait ever seen may have been in the download's queue, unless all peers have just sent less to drain it. */
const GONE_AFTER_MS_IF_UNSURE = 3000;
const EXAMINATION_SHOWS_FOR_MS = 1000;
/** We may send more than the fair rate by this factor, rather than give up a layer because of a small deficit that may not last. */
const TOLERATED = 1.4;
/** Leaves room for frames of varying size. */
const ABOVE_ARRIVING = 1.1;
/** The fair rate starts no lower than this: the losses of a download's slow start would leave less than a picture needs. */
const MIN_START_BPS = 150_000;
/**
 * Several of our own peers behind one bottleneck could take each other for a download. To find out, all of them send less for a moment, at
 * the same time by the clock, since one alone would not drain the queue. Peers that see a queue and no competition take part as well, or
 * they would fill the room that the others leave.
 */
const EXAMINE_EVERY_MS = 20_000;
const EXAMINE_FOR_MS = 1800;
const EXAMINED_QUEUE_MS = 80;
const LESS = 0.7;

export interface QueueState {
  readonly queueMs: number;
  /** How many packets were lost. */
  readonly lost: number;
  /** Whether the rate is being reduced. */
  readonly isDecreasing: boolean;
  /** Whether the application sends less than the estimate allows. */
  readonly isApplicationLimited: boolean;
  /** The acknowledged bitrate; 0 if it has not been measured yet. */
  readonly arrivingBps: number;
}

/** The state of the queue when it overflowed and packets of ours were lost. */
interface Overflow {
  readonly atMs: number;
  readonly queueMs: number;
  readonly arrivingBps: number;
}

export class Competition {
  #lookedAtMs = Number.NaN;
  #queueThenMs = Number.POSITIVE_INFINITY;
  #arrivedThenBps = 0;
  #overflowedAtMs = Number.NEGATIVE_INFINITY;
  /** The latest `MANY_OVERFLOWS` of them, oldest first. */
  readonly #overflows: Overflow[] = [];
  /** When the current span of a standing queue began, and the acknowledged bitrate at that time. */
  #standsSinceMs = Number.NaN;
  #stoodBps = 0;
  /** The shortest wait in this span and in the one before. */
  #leastMs = 0;
  #formerLeastMs = Number.NaN;
  /** Since when there has been no queue; NaN while there is one. */
  #emptySinceMs = Number.NaN;
  #isPresent = false;
  /** Whether only overflows have revealed the competition, so that the shortest wait ever seen may itself include its queue. */
  #isUnsure = false;
  /** Created for each competition. */
  #fairRate: FairRate | undefined = undefined;
  #examinedTurn = -1;
  /** The latest turn at which there was no competition. */
  #restrainedTurn = 0;
  #examinesUntilMs = Number.NEGATIVE_INFINITY;
  #restrainedBps = 0;

  get isPresent(): boolean {
    return this.#isPresent;
  }

  /** Whether less is being sent to see if the queue drains. A probe would prevent that. */
  isExamining(nowMs: number): boolean {
    return nowMs < this.#examinesUntilMs;
  }

  /** Updates the verdict with what a feedback report shows of the queue. */
  update(nowMs: number, { queueMs, lost, isDecreasing, isApplicationLimited, arrivingBps }: QueueState): void {
    // Below the bitrate of a picture, the queue may be that of the lowest layer, which is sent even if it does not fit.
    const ownMs = isApplicationLimited ? 0 : (1000 * PACKET_BITS) / arrivingBps;
    if (queueMs >= Math.max(STANDING_MS, ownMs) && arrivingBps >= MIN_START_BPS)
      this.#watchStanding(nowMs, queueMs, arrivingBps, isApplicationLimited);
    else this.#standsSinceMs = Number.NaN;
    if (queueMs < (this.#isPresent ? STANDING_MS : EMPTY_MS)) {
      this.#noteEmpty(nowMs);
      return;
    }
    this.#emptySinceMs = Number.NaN;
    if (lost > 0) this.#noteOverflow({ atMs: nowMs, queueMs, arrivingBps });
    if (isDecreasing && Number.isNaN(this.#lookedAtMs)) this.#look(nowMs, Number.POSITIVE_INFINITY, arrivingBps);
    if (nowMs - this.#lookedAtMs < LOOK_EVERY_MS || Number.isNaN(this.#lookedAtMs)) return;
    const overflows = nowMs - this.#overflowedAtMs < OVERFLOWS_WITHIN_MS;
    const isMuchLess = arrivingBps < MUCH_LESS * this.#arrivedThenBps;
    if ((overflows || isMuchLess) && queueMs > SHRUNK * this.#queueThenMs) this.#isPresent = true;
    this.#look(nowMs, queueMs, arrivingBps);
  }

  /**
   * Computes our share while there is competition.
   *
   * @param rttMs the current round-trip time, queues included
   * @returns the rate at which to send
   */
  share(nowMs: number, arrivingBps: number, lost: number, rttMs: number): number {
    this.#fairRate ??= new FairRate(nowMs, Math.max(arrivingBps, MIN_START_BPS), rttMs);
    this.#fairRate.update(nowMs, arrivingBps, lost, rttMs);
    const fairBps = this.#fairRate.bps;
    const turn = turnAt(nowMs);
    // The first examination is due at once, because a path that has just narrowed looks contested as well.
    const isUsed = arrivingBps > Math.max(LESS * fairBps, MIN_START_BPS);
    if (turn !== this.#examinedTurn && isUsed) this.#examinesUntilMs = nowMs + EXAMINE_FOR_MS;
    this.#examinedTurn = turn;
    this.#restrainedTurn = turn;
    this.#restrainedBps = LESS * fairBps;
    if (this.isExamining(nowMs)) return this.#restrainedBps;
    return Math.max(fairBps, Math.min(ABOVE_ARRIVING * arrivingBps, TOLERATED * fairBps));
  }

  /**
   * Takes part in the examinations of competing peers while there is no competition of our own.
   *
   * @param isUsed whether as much is sent as the rate allows
   * @returns the rate, or less of it during an examination if there is a queue
   */
  restrain(nowMs: number, queueMs: number, rateBps: number, isUsed: boolean): number {
    const turn = turnAt(nowMs);
    if (turn !== this.#restrainedTurn && isUsed && queueMs > EXAMINED_QUEUE_MS && rateBps > MIN_START_BPS) {
      this.#examinesUntilMs = nowMs + EXAMINE_FOR_MS;
      this.#restrainedBps = LESS * rateBps;
    }
    this.#restrainedTurn = turn;
    return this.isExamining(nowMs) ? Math.min(rateBps, this.#restrainedBps) : rateBps;
  }

  #noteOverflow(overflow: Overflow): void {
    const { atMs, queueMs, arrivingBps } = overflow;
    const isSame = atMs - this.#overflowedAtMs < OVERFLOW_LASTS_MS;
    this.#overflowedAtMs = atMs;
    if (isSame) return;
    this.#overflows.push(overflow);
    if (this.#overflows.length > MANY_OVERFLOWS) this.#overflows.shift();
    const [first = overflow] = this.#overflows;
    if (this.#overflows.length < MANY_OVERFLOWS || atMs - first.atMs > OVERFLOWS_COUNT_FOR_MS) return;
    if (arrivingBps > NO_HIGHER * first.arrivingBps || queueMs < SHRUNK * first.queueMs || this.#isPresent) return;
    this.#isPresent = true;
    this.#isUnsure = true;
  }

  #watchStanding(nowMs: number, queueMs: number, arrivingBps: number, isApplicationLimited: boolean): void {
    // If our rate has grown, the queue may be our own, so the watch starts over.
    const hasGrown = !isApplicationLimited && arrivingBps > HIGHER * this.#stoodBps;
    if (hasGrown || Number.isNaN(this.#standsSinceMs)) {
      this.#standsSinceMs = nowMs;
      this.#stoodBps = arrivingBps;
      this.#formerLeastMs = Number.NaN;
      this.#leastMs = queueMs;
    }
    this.#leastMs = Math.min(this.#leastMs, queueMs);
    if (nowMs - this.#standsSinceMs < STANDS_FOR_MS) return;
    const isSteady = this.#leastMs > DRAINED * this.#formerLeastMs && this.#leastMs < this.#formerLeastMs + STEADY_MS;
    if (isSteady) this.#isPresent = true;
    this.#standsSinceMs = nowMs;
    this.#stoodBps = arrivingBps;
    this.#formerLeastMs = this.#leastMs;
    this.#leastMs = queueMs;
  }

  #noteEmpty(nowMs: number): void {
    if (Number.isNaN(this.#emptySinceMs)) this.#emptySinceMs = nowMs;
    const isUnsure = this.#isUnsure && nowMs > this.#examinesUntilMs + EXAMINATION_SHOWS_FOR_MS;
    if (this.#isPresent && nowMs - this.#emptySinceMs < (isUnsure ? GONE_AFTER_MS_IF_UNSURE : GONE_AFTER_MS)) return;
    this.#isPresent = false;
    this.#isUnsure = false;
    this.#fairRate = undefined;
    this.#lookedAtMs = Number.NaN;
  }

  #look(nowMs: number, queueMs: number, arrivingBps: number): void {
    this.#lookedAtMs = nowMs;
    this.#queueThenMs = queueMs;
    this.#arrivedThenBps = arrivingBps;
  }
}

function turnAt(nowMs: number): number {
  return Math.floor(nowMs / EXAMINE_EVERY_MS);
}
