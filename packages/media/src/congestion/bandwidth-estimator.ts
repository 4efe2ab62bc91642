/**
 * How much one peer's path carries: by delay and loss where the peer sends transport-wide feedback, else by its own estimate (REMB), else by the
 * loss in its receiver reports. Pure: it is told what was sent and what came of it, and when.
 *
 * @see draft-ietf-rmcat-gcc-02; docs/adr/0016-bandwidth-estimation.md
 */
import { AcknowledgedBitrate } from './acknowledged-bitrate.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import { ApplicationLimit } from './application-limit.ts';
import { Aimd } from './delay/aimd.ts';
import { ArrivalGroups } from './delay/arrival-groups.ts';
import { Competition } from './delay/competition.ts';
import { QueueDelay } from './delay/queue-delay.ts';
import { type PathUse, Trendline } from './delay/trendline.ts';
import { FirstBurst } from './first-burst.ts';
import { LossLimit } from './loss-limit.ts';
import { type ProbeOrder, ProbePlan } from './probing/probe-plan.ts';
import { type ProbeOutcome, ProbeResult, UNCLEAR } from './probing/probe-result.ts';
import { clampRate, MAX_RATE_BPS, MIN_RATE_BPS } from './rate-bounds.ts';
import { ReportedLoss } from './reported-loss.ts';

export const START_RATE_BPS = 300_000;
const TICK_MS = 25;
/** A report may be so long in coming. */
const FEEDBACK_MS = 100;
/** What a burst may be sent at, so that a frame is gone before the next. */
const PACING_FACTOR = 2.5;
/** No feedback on what was sent for so long: the path has gone, or narrowed beyond all measure. */
const SILENCE_MS = 1000;
const SILENCE_ROUND_TRIPS = 3;
const HALVE_EVERY_MS = 500;
/** Where much was lost, a burst that gets through proves nothing: a policer saves up for it. */
const AFTER_LOSS_MS = 5000;
/** A slope in a queue this short is noise, or a probe that has just passed. */
const HARMLESS_QUEUE_MS = 20;
const STANDING_QUEUE_MS = 100;
const UNDELIVERED = 0.9;
/** How much more than the estimate the limit must be that a probe has found. */
const WORTH_A_STEP = 1.25;
const WORTH_A_STEP_IF_LIMITED = 1.05;
/** REMB that is not repeated stops to count. */
const REMB_FOR_MS = 10_000;
/** So many packets, and such a share of what one report is about, are lost where nothing is held back and a queue overflows. */
const MIN_OVERFLOW_PACKETS = 5;
const MIN_OVERFLOW = 0.2;
/** A path that carries less of what is wanted than this is narrow; what a burst shows is not exact. */
const NARROW = 0.7;
const BELOW_CARRIED = 0.9;
/** After that, others may have come who use the same path. */
const PROVEN_FOR_MS = 3000;

export class BandwidthEstimator {
  readonly #groups = new ArrivalGroups();
  readonly #trendline = new Trendline();
  readonly #queueDelay = new QueueDelay();
  readonly #competition = new Competition();
  readonly #firstBurst = new FirstBurst();
  readonly #acknowledged = new AcknowledgedBitrate();
  readonly #applicationLimit = new ApplicationLimit();
  readonly #aimd: Aimd;
  readonly #lossLimit: LossLimit;
  readonly #reportedLoss: ReportedLoss;
  readonly #probePlan: ProbePlan;
  readonly #probeResult = new ProbeResult();
  #rttMs = 100;
  /** What the newest report has shown. */
  #use: PathUse = 'normal';
  /** How long the queue was by the report before: one that is long all at once is a machine that was held up. */
  #queueBeforeMs = 0;
  #hasFeedback = false;
  #hasReports = false;
  /** The path has shown that it does not carry everything: a queue has grown, packets were lost, or it fell silent. */
  #hasMetLimit = false;
  #demandBps = 0;
  #bytesSent = 0;
  /** Since when something was sent that no feedback has come for; NaN if there is nothing. */
  #unansweredSinceMs = Number.NaN;
  #halvedAtMs = Number.NEGATIVE_INFINITY;
  /** The estimate before the path fell silent; NaN while it is not. */
  #beforeSilenceBps = Number.NaN;
  #provenBps = 0;
  #provenAtMs = Number.NEGATIVE_INFINITY;
  #rembBps = Number.POSITIVE_INFINITY;
  #rembAtMs = Number.NEGATIVE_INFINITY;

  readonly #maxBps: number;

  /**
   * @param random uniform in [0, 1), lest peers of one path do everything at the same time
   * @param maxBps no estimate is higher
   */
  constructor(random: () => number, startBps = START_RATE_BPS, maxBps = MAX_RATE_BPS) {
    this.#maxBps = maxBps;
    this.#aimd = new Aimd(startBps, maxBps);
    this.#lossLimit = new LossLimit(maxBps);
    this.#reportedLoss = new ReportedLoss(startBps);
    this.#probePlan = new ProbePlan(startBps, random);
  }

  /** The peer has said something of its path, in whatever form. */
  get hasHeard(): boolean {
    return this.#hasFeedback || this.#hasReports;
  }

  /** The peer has sent transport-wide feedback. */
  get hasFeedback(): boolean {
    return this.#hasFeedback;
  }

  /** As `targetBps`; undefined as long as nothing shows that there is a limit: most paths carry what is wanted. */
  get budgetBps(): number | undefined {
    const isLimited = this.#hasMetLimit || this.#rembBps < Number.POSITIVE_INFINITY || this.#reportedLoss.isLimiting;
    return isLimited ? this.targetBps : undefined;
  }

  /** More is wanted than the path is known to carry. */
  get wantsMore(): boolean {
    return this.#probePlan.wantsMore(this.targetBps);
  }

  /** Whether a probe has shown within the last seconds that the path carries this much. */
  isProven(nowMs: number, rateBps: number): boolean {
    return rateBps <= this.#provenBps && nowMs - this.#provenAtMs < PROVEN_FOR_MS;
  }

  /** What all streams to the peer together should send. */
  get targetBps(): number {
    return clampRate(Math.min(this.#aimd.rateBps, this.#lossLimit.limitBps, this.#rembBps), this.#maxBps);
  }

  /** How fast packets that wait may follow each other. */
  get pacingBps(): number {
    return PACING_FACTOR * this.targetBps;
  }

  /** What arrives; undefined while it has not been measured. */
  get acknowledgedBps(): number | undefined {
    return this.#acknowledged.bps;
  }

  /** How long packets wait on the path now, beyond the least that any took. */
  get queueDelayMs(): number {
    return this.#queueDelay.ms;
  }

  /** A queue is growing on the path, by all that is known of it. */
  get isOverusing(): boolean {
    return this.#use === 'overuse';
  }

  /** @param bytesSent in all so far */
  onSent(nowMs: number, bytesSent: number): void {
    if (Number.isNaN(this.#unansweredSinceMs) && bytesSent > this.#bytesSent) this.#unansweredSinceMs = nowMs;
    this.#bytesSent = bytesSent;
    this.#applicationLimit.update(nowMs, bytesSent, this.targetBps);
  }

  onAcknowledged(nowMs: number, acknowledged: Acknowledgements): void {
    this.#hasFeedback = true;
    this.#endSilence();
    const { count, sentAtMs, arrivedAtMs, sizeBytes, probe, lost } = acknowledged;
    let outcome: ProbeOutcome | typeof UNCLEAR | undefined;
    this.#queueDelay.begin();
    let use: PathUse = this.#trendline.use === 'overuse' ? 'normal' : this.#trendline.use;
    for (let index = 0; index < count; index++) {
      this.#acknowledged.add(arrivedAtMs[index], sizeBytes[index]);
      this.#queueDelay.add(sentAtMs[index], arrivedAtMs[index]);
      if (!this.#hasMetLimit) this.#firstBurst.add(sentAtMs[index], arrivedAtMs[index], sizeBytes[index]);
      const { leastTransitMs } = this.#queueDelay;
      outcome = this.#probeResult.add(probe[index], sentAtMs[index], arrivedAtMs[index], sizeBytes[index], leastTransitMs) ?? outcome;
      // A probe makes a queue of its own for a moment.
      if (probe[index] !== 0 || !this.#groups.add(sentAtMs[index], arrivedAtMs[index])) continue;
      this.#trendline.update(this.#groups.sendDeltaMs, this.#groups.arrivalDeltaMs, arrivedAtMs[index]);
      // One group of a report that shows overuse is enough.
      use = use === 'overuse' ? use : this.#trendline.use;
    }
    use = this.#weigh(nowMs, use, lost);
    if (!this.#hasMetLimit && isOverflow(lost, count)) use = 'overuse';
    this.#use = use;
    if (!this.#hasMetLimit) this.#noteUnlimited();
    if (use === 'overuse') this.#hasMetLimit = true;
    if (use === 'overuse') this.#probePlan.giveUp(nowMs);
    if (outcome === UNCLEAR) this.#probePlan.retry(nowMs + this.#rttMs);
    else if (outcome !== undefined) this.#takeOutcome(nowMs, outcome);
    this.#aimd.update(nowMs, {
      use,
      acknowledgedBps: this.#acknowledged.bps,
      isApplicationLimited: this.#applicationLimit.isLimited,
      queueDelayMs: this.#queueDelay.ms,
      isCompeting: this.#competition.isPresent,
    });
    const arrivingBps = this.#acknowledged.bps ?? this.targetBps;
    const hasFallen = this.#lossLimit.update(nowMs, count, lost, arrivingBps, this.#queueDelay.ms);
    if (!hasFallen) return;
    this.#hasMetLimit = true;
    this.#probePlan.giveUp(nowMs);
    this.#probePlan.pauseUntil(nowMs + AFTER_LOSS_MS);
  }

  /** The peer's own estimate. Where it sends transport-wide feedback it is only an upper bound. */
  onRemb(nowMs: number, bitrateBps: number): void {
    this.#rembBps = clampRate(bitrateBps);
    this.#rembAtMs = nowMs;
    this.#hasReports = true;
    if (!this.#hasFeedback) this.#aimd.set(this.#rembBps);
  }

  /**
   * What a receiver report says was lost of a stream, 0 to 1; not looked at where there is better.
   *
   * @param bytesSent to the peer in all so far
   */
  onReportedLoss(nowMs: number, packets: number, lossRatio: number, bytesSent: number): void {
    if (this.#hasFeedback || nowMs - this.#rembAtMs < REMB_FOR_MS) return;
    this.#hasReports = true;
    this.#reportedLoss.update(nowMs, packets, lossRatio, bytesSent);
    this.#aimd.set(this.#reportedLoss.rateBps);
  }

  onRtt(rttMs: number): void {
    this.#rttMs = rttMs;
    this.#aimd.rttMs = rttMs;
    this.#lossLimit.rttMs = rttMs;
  }

  /** How much would be sent if the path carried it: nothing is probed for beyond. */
  setDemand(demandBps: number): void {
    this.#demandBps = demandBps;
    this.#probePlan.demandBps = demandBps;
    this.#reportedLoss.demandBps = demandBps;
  }

  /** Does what is due. @returns when it wants to be called next */
  process(nowMs: number): number {
    if (nowMs - this.#rembAtMs > REMB_FOR_MS) this.#rembBps = Number.POSITIVE_INFINITY;
    const silentForMs = nowMs - this.#unansweredSinceMs;
    // Without feedback ever, silence says nothing.
    if (!this.#hasFeedback) return nowMs + TICK_MS;
    if (silentForMs > Math.max(SILENCE_MS, SILENCE_ROUND_TRIPS * this.#rttMs) && nowMs - this.#halvedAtMs >= HALVE_EVERY_MS) {
      if (Number.isNaN(this.#beforeSilenceBps)) this.#beforeSilenceBps = this.targetBps;
      this.#hasMetLimit = true;
      this.#halvedAtMs = nowMs;
      this.#probePlan.giveUp(nowMs);
      this.#aimd.set(Math.max(this.targetBps / 2, MIN_RATE_BPS));
    }
    return nowMs + TICK_MS;
  }

  /** @returns a probe that is to be sent now; undefined if none is */
  takeProbe(nowMs: number): ProbeOrder | undefined {
    if (this.isOverusing || !Number.isNaN(this.#beforeSilenceBps)) return undefined;
    const order = this.#probePlan.take(nowMs, this.targetBps);
    if (order !== undefined) this.#probeResult.begin(order);
    return order;
  }

  /** What is to be made of a slope, with all else that is known of the queue. */
  #weigh(nowMs: number, use: PathUse, lost: number): PathUse {
    const queueMs = this.#queueDelay.ms;
    let weighed = use;
    if (this.#competition.isPresent) weighed = lost > 0 ? 'overuse' : 'normal';
    else if (this.#hasStandingQueue()) weighed = 'overuse';
    else if (queueMs < HARMLESS_QUEUE_MS) weighed = 'normal';
    this.#competition.update(nowMs, queueMs, lost, weighed === 'overuse');
    this.#queueBeforeMs = queueMs;
    return weighed;
  }

  /** A queue that is full has no slope: it shows by its length, and by what does not arrive. */
  #hasStandingQueue(): boolean {
    const acknowledgedBps = this.#acknowledged.bps;
    if (acknowledgedBps === undefined || this.#applicationLimit.isLimited) return false;
    const isStanding = this.#queueDelay.ms > STANDING_QUEUE_MS && this.#queueBeforeMs > STANDING_QUEUE_MS / 2;
    return isStanding && acknowledgedBps < UNDELIVERED * this.targetBps;
  }

  #takeOutcome(nowMs: number, { rateBps, hasFoundLimit, isNarrow }: ProbeOutcome): void {
    if (isNarrow) this.#hasMetLimit = true;
    const visibleAtMs = nowMs + this.#rttMs + FEEDBACK_MS;
    this.#probePlan.succeed(rateBps, hasFoundLimit, this.targetBps, visibleAtMs);
    this.#provenBps = rateBps;
    this.#provenAtMs = nowMs;
    // Where others send too, a burst gets more than its share for a moment. With less to send than fits, nothing else would show that it fits.
    const leastStep = hasFoundLimit ? (this.#applicationLimit.isLimited ? WORTH_A_STEP_IF_LIMITED : WORTH_A_STEP) : 1;
    if (rateBps > leastStep * this.targetBps) {
      if (!this.#competition.isPresent) this.#probePlan.noteRaise(visibleAtMs);
      this.#aimd.raise(nowMs, rateBps);
      this.#lossLimit.raiseTo(rateBps);
    }
  }

  /** Nothing was held back so far: what arrives is what the path carries at least, and what comes of a burst is what it carries at most. */
  #noteUnlimited(): void {
    const arrivingBps = this.#acknowledged.bps ?? 0;
    if (arrivingBps > this.#aimd.rateBps) this.#aimd.set(arrivingBps);
    const { carriedBps = Number.POSITIVE_INFINITY } = this.#firstBurst;
    if (carriedBps > NARROW * this.#demandBps) return;
    this.#hasMetLimit = true;
    this.#aimd.set(BELOW_CARRIED * carriedBps);
  }

  /** Feedback has come again: the way back to what there was begins with a probe. */
  #endSilence(): void {
    this.#unansweredSinceMs = Number.NaN;
    if (Number.isNaN(this.#beforeSilenceBps)) return;
    this.#probePlan.request(this.#beforeSilenceBps);
    this.#beforeSilenceBps = Number.NaN;
  }
}

function isOverflow(lost: number, received: number): boolean {
  return lost > MIN_OVERFLOW_PACKETS && lost > MIN_OVERFLOW * (lost + received);
}
