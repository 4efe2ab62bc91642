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
/** A flow of a few packets a second may lose none of them. It knows the queue of others by what it has given up in vain. */
const MUCH_LESS = 0.7;
/**
 * A peer that has come during a download takes the shortest queue that it has seen for an empty one, so that the queue seems to drain. But
 * it meets one overflow after the other, although it sends no more than at the first of them.
 */
const MANY_OVERFLOWS = 3;
const OVERFLOWS_COUNT_FOR_MS = 40_000;
const OVERFLOW_LASTS_MS = 1500;
const NO_HIGHER = 1.2;
/**
 * A sender of BBR keeps a short queue without filling it. It is known by a queue whose shortest waits, in one span of this length and the
 * next, differ by little while we send no more than before, or less than fits. Single waits say less: those of peers that rise and give way
 * are equal now and then.
 */
const STANDS_FOR_MS = 2000;
const STANDING_MS = 20;
/**
 * On a slow path that we fill, a packet waits for as long as the path takes to carry one of our own. A peer that sends less than its
 * estimate allows does not wait for itself.
 */
const PACKET_BITS = 8 * 1500;
const STEADY_MS = 10;
const DRAINED = 0.7;
const HIGHER = 1.15;
/** A download leaves the queue empty for a moment: BBR does so to measure the path, and others if they have lost many packets at once. */
const GONE_AFTER_MS = 700;
/** A short queue means less to a peer that has only seen the path with the download on it, unless all have just sent less. */
const GONE_AFTER_MS_IF_UNSURE = 3000;
const EXAMINATION_SHOWS_FOR_MS = 1000;
/** What is sent may exceed the fair rate by this factor, so that a layer is not left for a difference that the next loss may undo. */
const TOLERATED = 1.4;
/** Frames vary in size. */
const ABOVE_ARRIVING = 1.1;
/** Losses while a download begins say little, and leave less than a picture needs. */
const MIN_START_BPS = 150_000;
/**
 * Several peers on one path could take each other for a download. So those that would notice it send less for a moment, all of them at the
 * same time, because one alone would not drain the queue. Peers that see a queue without competing do so, too, because they would fill what
 * the others leave.
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
  /** Whether less is sent than the estimate allows. */
  readonly isApplicationLimited: boolean;
  /** The bitrate that arrives; 0 if it has not been measured yet. */
  readonly arrivingBps: number;
}

/** What was seen when packets of ours were lost from a queue. */
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
  /** The newest ones. */
  readonly #overflows: Overflow[] = [];
  /** Since when a queue has stood, and what arrived then. */
  #standsSinceMs = Number.NaN;
  #stoodBps = 0;
  /** The shortest it was since then, and in the time before. */
  #leastMs = 0;
  #formerLeastMs = Number.NaN;
  /** Since when there has been no queue; NaN while there is one. */
  #emptySinceMs = Number.NaN;
  #isPresent = false;
  /** Whether only overflows have shown the competition, so that the shortest wait may be one in the queue of the others. */
  #isUnsure = false;
  /** Created for each competition. */
  #fairRate: FairRate | undefined = undefined;
  #examinedTurn = 0;
  /** The newest turn at which there was no competition. */
  #restrainedTurn = 0;
  #examinesUntilMs = Number.NEGATIVE_INFINITY;
  #restrainedBps = 0;

  get isPresent(): boolean {
    return this.#isPresent;
  }

  /** Whether less is sent for a moment. A probe would keep the queue from draining. */
  isExamining(nowMs: number): boolean {
    return nowMs < this.#examinesUntilMs;
  }

  /** Takes what a report shows of the queue. */
  update(nowMs: number, { queueMs, lost, isDecreasing, isApplicationLimited, arrivingBps }: QueueState): void {
    // Where less arrives than a picture needs, the queue may be that of the lowest layer itself, which is always sent.
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
   * Takes the result of a report while there is competition.
   *
   * @param rttMs the present round trip, including the queue
   * @returns the rate that is ours
   */
  share(nowMs: number, arrivingBps: number, lost: number, rttMs: number): number {
    this.#fairRate ??= new FairRate(nowMs, Math.max(arrivingBps, MIN_START_BPS), rttMs);
    this.#fairRate.update(nowMs, arrivingBps, lost, rttMs);
    const fairBps = this.#fairRate.bps;
    const turn = turnAt(nowMs);
    // The first examination is due at once: a path that has just narrowed looks contested, too.
    const isUsed = arrivingBps > Math.max(LESS * fairBps, MIN_START_BPS);
    if (turn !== this.#examinedTurn && isUsed) this.#examinesUntilMs = nowMs + EXAMINE_FOR_MS;
    this.#examinedTurn = turn;
    this.#restrainedTurn = turn;
    this.#restrainedBps = LESS * fairBps;
    if (this.isExamining(nowMs)) return this.#restrainedBps;
    return Math.max(fairBps, Math.min(ABOVE_ARRIVING * arrivingBps, TOLERATED * fairBps));
  }

  /**
   * Takes the result of a report while there is no competition.
   *
   * @param isUsed whether as much is sent as the rate allows
   * @returns the rate, or less for a moment if there is a queue when the competing peers examine theirs
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
    // A queue of our own would grow with our rate.
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
