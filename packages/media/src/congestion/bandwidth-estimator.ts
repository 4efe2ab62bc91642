/**
 * Estimates what one peer's path carries: from delay and loss if the peer sends transport-wide feedback, otherwise from the peer's own
 * estimate (REMB), otherwise from the loss in its receiver reports. It has no I/O and no clock; it is passed what was sent, what was
 * reported about it, and the times.
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
/** How long a report may take to arrive, in addition to the round trip. */
const FEEDBACK_MS = 100;
/** Bursts may be sent at this multiple of the target, so that a frame is gone before the next one. */
const PACING_FACTOR = 2.5;
/** If packets get no feedback for this long, the path is gone or has become extremely narrow. */
const SILENCE_MS = 1000;
const SILENCE_ROUND_TRIPS = 3;
const HALVE_EVERY_MS = 500;
/**
 * How much longer a peer may be silent when the kind of feedback changes: it starts to send the new kind only once it has the answer that
 * agrees to it.
 */
const OTHER_REPORTS_WITHIN_MS = 2000;
/** After heavy loss, a burst that gets through proves nothing: a policer accumulates allowance for bursts. */
const AFTER_LOSS_MS = 5000;
/** A rising delay in a queue this short is noise, or what is left of a probe. */
const HARMLESS_QUEUE_MS = 20;
const STANDING_QUEUE_MS = 100;
const UNDELIVERED = 0.9;
/** A limit that a probe has found is used if it exceeds the estimate by this factor. */
const WORTH_A_STEP = 1.25;
const WORTH_A_STEP_IF_LIMITED = 1.05;
/** A probe does not lower the estimate below this multiple of what arrives. */
const ABOVE_ARRIVING = 1.1;
/** A REMB that is not repeated expires. */
const REMB_FOR_MS = 10_000;
/**
 * Before pacing has begun, more losses than this in one report, and more than this share of its packets, mean that a queue has overflowed.
 */
const MIN_OVERFLOW_PACKETS = 5;
const MIN_OVERFLOW = 0.2;
/** A path that carries less than this share of the demand is narrow. The margin allows for a burst being a rough measurement. */
const NARROW = 0.7;
const BELOW_CARRIED = 0.9;
/** How long the result of a probe is relied on. After that, other traffic may have started on the path. */
const PROVEN_FOR_MS = 3000;

export class BandwidthEstimator {
  #groups = new ArrivalGroups();
  #trendline = new Trendline();
  #queueDelay = new QueueDelay();
  #competition = new Competition();
  readonly #firstBurst = new FirstBurst();
  #acknowledged = new AcknowledgedBitrate();
  readonly #applicationLimit = new ApplicationLimit();
  readonly #aimd: Aimd;
  readonly #lossLimit: LossLimit;
  readonly #reportedLoss: ReportedLoss;
  readonly #probePlan: ProbePlan;
  #probeResult = new ProbeResult();
  #rttMs = 100;
  /** What the newest report has shown. */
  #use: PathUse = 'normal';
  /** The queueing delay at the previous report. If a queue is long all of a sudden, a machine was held up. */
  #queueBeforeMs = 0;
  #hasFeedback = false;
  #hasReports = false;
  /** Whether the path has shown that it does not carry everything: a queue has grown, packets were lost, or it became silent. */
  #hasMetLimit = false;
  #demandBps = 0;
  #bytesSent = 0;
  /** Since when packets have been without feedback; NaN if there are none. */
  #unansweredSinceMs = Number.NaN;
  #halvedAtMs = Number.NEGATIVE_INFINITY;
  /** The estimate before the path became silent; NaN while it is not silent. */
  #beforeSilenceBps = Number.NaN;
  #provenBps = 0;
  #provenAtMs = Number.NEGATIVE_INFINITY;
  #rembBps = Number.POSITIVE_INFINITY;
  #rembAtMs = Number.NEGATIVE_INFINITY;
  /** When marks were answered last. What was sent before says nothing new, so that there is one answer in a round trip (RFC 3168 §6.1.2). */
  #answeredMarksAtMs = Number.NEGATIVE_INFINITY;

  readonly #maxBps: number;

  /**
   * Creates the estimator of one path.
   *
   * @param random uniform in [0, 1), so that peers on one path do not act at the same time
   * @param maxBps upper bound of the estimate
   */
  constructor(random: () => number, startBps = START_RATE_BPS, maxBps = MAX_RATE_BPS) {
    this.#maxBps = maxBps;
    this.#aimd = new Aimd(startBps, maxBps);
    this.#lossLimit = new LossLimit(maxBps);
    this.#reportedLoss = new ReportedLoss(startBps);
    this.#probePlan = new ProbePlan(startBps, random);
  }

  /** Whether the peer has reported on its path in any form. */
  get hasHeard(): boolean {
    return this.#hasFeedback || this.#hasReports;
  }

  /** Whether the peer has sent transport-wide feedback. */
  get hasFeedback(): boolean {
    return this.#hasFeedback;
  }

  /** The same as `targetBps`, but undefined as long as nothing shows that there is a limit. Most paths carry everything that is wanted. */
  get budgetBps(): number | undefined {
    const isLimited = this.#hasMetLimit || this.#rembBps < Number.POSITIVE_INFINITY || this.#reportedLoss.isLimiting;
    return isLimited ? this.targetBps : undefined;
  }

  /** Whether more is wanted than the path is known to carry. */
  get wantsMore(): boolean {
    return this.#probePlan.wantsMore(this.targetBps);
  }

  /** Whether a probe has shown within the last seconds that the path carries this much. */
  isProven(nowMs: number, rateBps: number): boolean {
    return rateBps <= this.#provenBps && nowMs - this.#provenAtMs < PROVEN_FOR_MS;
  }

  /** The bitrate that all streams to the peer together should have. */
  get targetBps(): number {
    return clampRate(Math.min(this.#aimd.rateBps, this.#lossLimit.limitBps, this.#rembBps), this.#maxBps);
  }

  /** The rate at which queued packets may be sent. */
  get pacingBps(): number {
    return PACING_FACTOR * this.targetBps;
  }

  /** The bitrate that arrives; undefined until it has been measured. */
  get acknowledgedBps(): number | undefined {
    return this.#acknowledged.bps;
  }

  /** How long packets wait on the path now, in addition to the shortest transit time. */
  get queueDelayMs(): number {
    return this.#queueDelay.ms;
  }

  /** Whether a queue is growing on the path, according to all that is known about it. */
  get isOverusing(): boolean {
    return this.#use === 'overuse';
  }

  /** How long packets have been without feedback, in ms; NaN if there are none. */
  unansweredMs(nowMs: number): number {
    return nowMs - this.#unansweredSinceMs;
  }

  /** @param bytesSent total so far */
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
      // A probe causes a short queue of its own.
      if (probe[index] !== 0 || !this.#groups.add(sentAtMs[index], arrivedAtMs[index])) continue;
      this.#trendline.update(this.#groups.sendDeltaMs, this.#groups.arrivalDeltaMs, arrivedAtMs[index]);
      // It is enough if one group of packets in a report shows overuse.
      use = use === 'overuse' ? use : this.#trendline.use;
    }
    use = this.#weigh(nowMs, use, lost);
    if (!this.#hasMetLimit && isOverflow(lost, count)) use = 'overuse';
    const isMarked = acknowledged.markedSentAtMs > this.#answeredMarksAtMs;
    if (isMarked) this.#answeredMarksAtMs = nowMs;
    if (isMarked && !this.#competition.isPresent) use = 'overuse';
    if (acknowledged.marked > 0) {
      // Until the answer shows, the rate must not rise, and a probe that was marked has shown that its rate does not fit.
      if (use === 'normal') use = 'underuse';
      outcome = undefined;
      this.#probePlan.giveUp(nowMs);
    }
    this.#use = use;
    if (!this.#hasMetLimit) this.#noteUnlimited();
    if (use === 'overuse') this.#hasMetLimit = true;
    if (use === 'overuse') this.#probePlan.giveUp(nowMs);
    if (outcome === UNCLEAR) this.#probePlan.retry(nowMs + this.#rttMs);
    else if (outcome !== undefined && !this.#competition.isPresent) this.#takeOutcome(nowMs, outcome);
    if (this.#competition.isPresent) {
      this.#compete(nowMs, lost + acknowledged.marked);
      return;
    }
    if (!this.#followPath(nowMs, use, isMarked, acknowledged)) return;
    this.#hasMetLimit = true;
    this.#probePlan.giveUp(nowMs);
    this.#probePlan.pauseUntil(nowMs + AFTER_LOSS_MS);
  }

  /**
   * Handles a report that acknowledges packets that were never sent. A peer that conceals its losses (optimistic acknowledgement) would
   * take more than its share of a bottleneck, so each such report halves the estimate.
   */
  onFalseReport(nowMs: number): void {
    if (!this.#hasFeedback) return;
    this.#hasMetLimit = true;
    this.#competition = new Competition();
    this.#aimd.set(this.targetBps / 2);
    this.#probePlan.giveUp(nowMs);
    this.#probePlan.pauseUntil(nowMs + AFTER_LOSS_MS);
  }

  /** Takes the peer's own estimate. If the peer also sends transport-wide feedback, it is only an upper bound. */
  onRemb(nowMs: number, bitrateBps: number): void {
    this.#rembBps = clampRate(bitrateBps);
    this.#rembAtMs = nowMs;
    this.#hasReports = true;
    if (!this.#hasFeedback) this.#aimd.set(this.#rembBps);
  }

  /**
   * Takes the loss of a stream from a receiver report, 0 to 1. Ignored if better information is available.
   *
   * @param bytesSent total sent to the peer so far
   */
  onReportedLoss(nowMs: number, packets: number, lossRatio: number, bytesSent: number): void {
    if (this.#hasFeedback || nowMs - this.#rembAtMs < REMB_FOR_MS) return;
    this.#hasReports = true;
    this.#reportedLoss.update(nowMs, packets, lossRatio, bytesSent);
    this.#aimd.set(this.#reportedLoss.rateBps);
  }

  /** Discards the measurements, because the peer's next reports use another clock. The rates that were found are kept. */
  restartMeasurement(nowMs: number): void {
    this.#groups = new ArrivalGroups();
    this.#trendline = new Trendline();
    this.#queueDelay = new QueueDelay();
    this.#acknowledged = new AcknowledgedBitrate();
    this.#probeResult = new ProbeResult();
    this.#use = 'normal';
    this.#queueBeforeMs = 0;
    this.#unansweredSinceMs = nowMs + OTHER_REPORTS_WITHIN_MS;
  }

  onRtt(rttMs: number): void {
    this.#rttMs = rttMs;
    this.#aimd.rttMs = rttMs;
    this.#lossLimit.rttMs = rttMs;
  }

  /** Sets the bitrate that would be sent if the path carried it. Probes do not go beyond it. */
  setDemand(demandBps: number): void {
    this.#demandBps = demandBps;
    this.#probePlan.demandBps = demandBps;
    this.#reportedLoss.demandBps = demandBps;
  }

  /** Does what is due. @returns when to call it next */
  process(nowMs: number): number {
    if (nowMs - this.#rembAtMs > REMB_FOR_MS) this.#rembBps = Number.POSITIVE_INFINITY;
    const silentForMs = nowMs - this.#unansweredSinceMs;
    // If there has never been feedback, silence has no meaning.
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

  /** @returns a probe to be sent now; undefined if none is due */
  takeProbe(nowMs: number): ProbeOrder | undefined {
    if (this.isOverusing || this.#competition.isPresent || this.#competition.isExamining(nowMs)) return undefined;
    if (!Number.isNaN(this.#beforeSilenceBps)) return undefined;
    const order = this.#probePlan.take(nowMs, this.targetBps);
    if (order !== undefined) this.#probeResult.begin(order);
    return order;
  }

  /** Adjusts the rate to delay and loss. @returns whether loss has lowered it */
  #followPath(nowMs: number, use: PathUse, isMarked: boolean, { count: received, lost }: Acknowledgements): boolean {
    const acknowledgedBps = this.#acknowledged.bps;
    const queueDelayMs = this.#queueDelay.ms;
    const { isLimited: isApplicationLimited } = this.#applicationLimit;
    const isUsed = !isApplicationLimited;
    // While loss or the peer's own estimate allows less, the delay-based rate is not fully used.
    const isDelayLimitUsed = isUsed && this.#aimd.rateBps <= this.targetBps;
    this.#aimd.update(nowMs, { use, isMarked, acknowledgedBps, isApplicationLimited, isUsed: isDelayLimitUsed, queueDelayMs });
    this.#aimd.set(this.#competition.restrain(nowMs, queueDelayMs, this.#aimd.rateBps, isUsed));
    const arrivingBps = acknowledgedBps ?? this.targetBps;
    return this.#lossLimit.update(nowMs, { received, lost, arrivingBps, queueDelayMs, isUsed });
  }

  /** Takes our fair share of a queue that other flows keep full, whatever the delay. */
  #compete(nowMs: number, lost: number): void {
    const rttMs = Math.max(this.#rttMs, this.#queueDelay.ms);
    const rateBps = this.#competition.share(nowMs, this.#acknowledged.bps ?? this.targetBps, lost, rttMs);
    this.#aimd.set(rateBps);
    this.#lossLimit.raiseTo(rateBps);
  }

  /** Interprets the trend of the delay in the light of everything else that is known about the queue. */
  #weigh(nowMs: number, use: PathUse, lost: number): PathUse {
    const queueMs = this.#queueDelay.ms;
    let weighed = use;
    if (this.#competition.isPresent) weighed = 'normal';
    else if (this.#hasStandingQueue()) weighed = 'overuse';
    else if (queueMs < HARMLESS_QUEUE_MS) weighed = 'normal';
    this.#competition.update(nowMs, {
      queueMs,
      lost,
      isDecreasing: weighed === 'overuse',
      isApplicationLimited: this.#applicationLimit.isLimited,
      arrivingBps: this.#acknowledged.bps ?? 0,
    });
    this.#queueDelay.isContested = this.#competition.isPresent;
    this.#queueBeforeMs = queueMs;
    return weighed;
  }

  /**
   * Whether there is a standing queue on the path. Its delay no longer rises, so it is recognised by its length and by how much does not
   * arrive.
   */
  #hasStandingQueue(): boolean {
    const acknowledgedBps = this.#acknowledged.bps;
    if (acknowledgedBps === undefined || this.#applicationLimit.isLimited) return false;
    const isStanding = this.#queueDelay.ms > STANDING_QUEUE_MS && this.#queueBeforeMs > STANDING_QUEUE_MS / 2;
    return isStanding && acknowledgedBps < UNDELIVERED * this.targetBps;
  }

  #takeOutcome(nowMs: number, { rateBps, hasFoundLimit, isNarrow }: ProbeOutcome): void {
    if (isNarrow) this.#hasMetLimit = true;
    const visibleAtMs = nowMs + this.#rttMs + FEEDBACK_MS;
    const isConfirmed = this.#probePlan.succeed(rateBps, hasFoundLimit, this.targetBps, visibleAtMs);
    if (isConfirmed && this.#applicationLimit.isLimited && rateBps < this.targetBps) {
      // A busy receiver made an earlier probe look faster than the path is. While less is sent than the estimate allows, only probes can
      // show that.
      this.#aimd.set(Math.max(rateBps, ABOVE_ARRIVING * (this.#acknowledged.bps ?? 0)));
    }
    this.#provenBps = rateBps;
    this.#provenAtMs = nowMs;
    // If there is other traffic, a burst briefly gets more than its share, so a found limit is only used if it is clearly higher. If less
    // is sent than fits, nothing else would show that more fits, and a small step is accepted.
    const leastStep = hasFoundLimit ? (this.#applicationLimit.isLimited ? WORTH_A_STEP_IF_LIMITED : WORTH_A_STEP) : 1;
    if (rateBps > leastStep * this.targetBps) {
      this.#probePlan.noteRaise(visibleAtMs);
      this.#aimd.raise(nowMs, rateBps);
      this.#lossLimit.raiseTo(rateBps);
    }
  }

  /** Adjusts the rate while nothing is held back: the path carries at least what arrives, and at most what a burst shows. */
  #noteUnlimited(): void {
    const arrivingBps = this.#acknowledged.bps ?? 0;
    if (arrivingBps > this.#aimd.rateBps) this.#aimd.set(arrivingBps);
    const { carriedBps = Number.POSITIVE_INFINITY } = this.#firstBurst;
    if (carriedBps > NARROW * this.#demandBps) return;
    this.#hasMetLimit = true;
    this.#aimd.set(BELOW_CARRIED * carriedBps);
  }

  /** Ends a silence, because feedback has arrived again. The way back to the previous estimate starts with a probe. */
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
