/**
 * The delay-based rate. It rises exponentially while the limit is unknown, by about a packet per round trip near a known limit, and falls
 * below the arriving bitrate when a queue grows.
 *
 * @see draft-ietf-rmcat-gcc-02 §5.5 (rate control)
 */
import { clampRate } from '../rate-bounds.ts';
import type { PathUse } from './trendline.ts';

const DECREASE = 0.85;
/** What RFC 8511 has CUBIC keep after a mark. Marks come early, so less is given up than for a loss. */
const DECREASE_AT_MARK = 0.85;
/** A queue that is detected early drains soon even after a smaller decrease. */
const GENTLE_DECREASE = 0.9;
const SHORT_QUEUE_MS = 50;
/** After the path has narrowed suddenly, there is a queue that a decrease by 15% would take seconds to drain. */
const MAX_EXTRA_DECREASE = 0.35;
const NARROWED = 0.75;
const DRAIN_WITHIN_MS = 1000;
const TOLERATED_QUEUE_MS = 40;
/** The share of the estimate that must be used. Below it, the arriving bitrate says little about the capacity. */
const MUCH_USED = 0.85;
/** If overuse is detected again sooner than this, it is not a coincidence. */
const DOUBT_AGAIN_AFTER_MS = 2000;
/** After a sudden narrowing, the rate does not rise until the queue is shorter than this, or for at most the time below. */
const DRAINED_QUEUE_MS = 80;
const DRAIN_FOR_MS = 4000;
/** Relative growth per second. */
const INCREASE = 0.08;
const MIN_INCREASE_BPS = 1000;
const PACKET_BITS = 8 * 1200;
/** Time that feedback and detection take in addition to the round trip. */
const RESPONSE_MS = 100;
/** Only a rate that is used is known to fit, so the rate stays close to what arrives. */
const MAX_OF_ACKNOWLEDGED = 1.5;
const LEEWAY_BPS = 10_000;
/** A rate within this many deviations of the found limit is near it. */
const NEAR_DEVIATIONS = 3;
const LIMIT_GAIN = 0.05;
const MIN_RELATIVE_VARIANCE = 0.4;
const MAX_RELATIVE_VARIANCE = 2.5;
/** After a probe has raised the rate, it takes this long until the arriving bitrate shows it. */
const UNMEASURED_MS = 800;
const MIN_DECREASE_SPACING_MS = 10;
const MAX_DECREASE_SPACING_MS = 200;
const MAX_STEP_MS = 1000;

export interface AimdInput {
  readonly use: PathUse;
  /** Whether a router has marked packets, which shows the queue by itself. */
  readonly isMarked?: boolean;
  /** The bitrate that arrives; undefined until it has been measured. */
  readonly acknowledgedBps: number | undefined;
  /** Whether less is sent than the estimate allows. */
  readonly isApplicationLimited: boolean;
  /** Whether as much is sent as this rate allows. The estimate as a whole may allow less. */
  readonly isUsed: boolean;
  readonly queueDelayMs: number;
}

export class Aimd {
  #rateBps: number;
  #state: 'hold' | 'increase' = 'hold';
  #steppedAtMs = Number.NaN;
  #decreasedAtMs = Number.NEGATIVE_INFINITY;
  #doubtedAtMs = Number.NEGATIVE_INFINITY;
  #narrowedAtMs = Number.NEGATIVE_INFINITY;
  #raisedAtMs = Number.NEGATIVE_INFINITY;
  /** The rate at which the path was found to be full. */
  readonly #limit = new FoundLimit();
  rttMs = 100;

  readonly #maxBps: number | undefined;

  /** @param maxBps upper bound of the rate. Default: `MAX_RATE_BPS` */
  constructor(startBps: number, maxBps?: number) {
    this.#rateBps = startBps;
    this.#maxBps = maxBps;
  }

  get rateBps(): number {
    return this.#rateBps;
  }

  /** Sets a rate that is known from elsewhere. */
  set(rateBps: number): void {
    this.#rateBps = this.#clamp(rateBps);
  }

  /** Sets the rate that a probe has found. */
  raise(nowMs: number, rateBps: number): void {
    this.set(rateBps);
    this.#raisedAtMs = nowMs;
  }

  update(nowMs: number, input: AimdInput): void {
    const elapsedMs = Number.isNaN(this.#steppedAtMs) ? 0 : Math.min(nowMs - this.#steppedAtMs, MAX_STEP_MS);
    this.#steppedAtMs = nowMs;
    if (input.use === 'overuse') this.#decrease(nowMs, input);
    else if (input.use === 'underuse') this.#state = 'hold';
    else if (this.#isDraining(nowMs, input)) return;
    else if (this.#state === 'hold') this.#state = 'increase';
    else this.#increase(elapsedMs, input);
  }

  /** Whether the queue that grew when the path narrowed is still there, so that a higher rate would prolong it. */
  #isDraining(nowMs: number, { queueDelayMs }: AimdInput): boolean {
    return queueDelayMs > DRAINED_QUEUE_MS && nowMs - this.#narrowedAtMs < DRAIN_FOR_MS;
  }

  #decrease(nowMs: number, { acknowledgedBps, queueDelayMs, isApplicationLimited, isMarked }: AimdInput): void {
    this.#state = 'hold';
    const spacingMs = Math.min(Math.max(this.rttMs, MIN_DECREASE_SPACING_MS), MAX_DECREASE_SPACING_MS);
    const isMuchLess = acknowledgedBps !== undefined && acknowledgedBps < this.#rateBps / 2;
    if (nowMs - this.#decreasedAtMs < spacingMs && !isMuchLess) return;
    this.#decreasedAtMs = nowMs;
    if (acknowledgedBps === undefined) {
      this.#rateBps = this.#clamp(this.#rateBps / 2);
      return;
    }
    const decrease = isMarked === true ? DECREASE_AT_MARK : queueDelayMs < SHORT_QUEUE_MS ? GENTLE_DECREASE : DECREASE;
    // The arriving bitrate still reflects what was sent before the probe.
    if (nowMs - this.#raisedAtMs < UNMEASURED_MS && acknowledgedBps < this.#rateBps) {
      this.#rateBps = this.#clamp(this.#rateBps * decrease);
      return;
    }
    // Less is sent than the estimate allows and there is hardly a queue, so competing flows or chance may have caused it.
    const isDoubtful = acknowledgedBps < MUCH_USED * this.#rateBps && queueDelayMs < SHORT_QUEUE_MS;
    if (isDoubtful && nowMs - this.#doubtedAtMs > DOUBT_AGAIN_AFTER_MS) {
      this.#doubtedAtMs = nowMs;
      this.#rateBps = this.#clamp(Math.max(DECREASE * this.#rateBps, acknowledgedBps));
      return;
    }
    const hasNarrowed = acknowledgedBps < NARROWED * this.#rateBps && !isApplicationLimited;
    if (hasNarrowed) this.#narrowedAtMs = nowMs;
    const drain = hasNarrowed ? Math.min(Math.max(queueDelayMs - TOLERATED_QUEUE_MS, 0) / DRAIN_WITHIN_MS, MAX_EXTRA_DECREASE) : 0;
    // Marks on what was sent after the last decrease ask for another one, whose effect the arriving bitrate does not show yet.
    const fromBps = isMarked === true ? Math.min(acknowledgedBps, this.#rateBps) : acknowledgedBps;
    this.#rateBps = this.#clamp(Math.min(this.#rateBps, (decrease - drain) * fromBps + (hasNarrowed ? 0 : LEEWAY_BPS / 2)));
    this.#limit.found(acknowledgedBps);
  }

  #increase(elapsedMs: number, { acknowledgedBps, isUsed }: AimdInput): void {
    if (acknowledgedBps !== undefined && acknowledgedBps > this.#limit.upperBps) this.#limit.forget();
    const stepBps = this.#limit.isKnown ? this.#additiveStep(elapsedMs) : this.#multiplicativeStep(elapsedMs);
    const grown = this.#rateBps + stepBps;
    // A rate that is not used is not known to fit.
    if (!isUsed) return;
    const capped = acknowledgedBps === undefined ? grown : Math.min(grown, MAX_OF_ACKNOWLEDGED * acknowledgedBps + LEEWAY_BPS);
    this.#rateBps = this.#clamp(Math.max(this.#rateBps, capped));
  }

  #clamp(rateBps: number): number {
    return clampRate(rateBps, this.#maxBps);
  }

  #multiplicativeStep(elapsedMs: number): number {
    return Math.max(this.#rateBps * ((1 + INCREASE) ** (elapsedMs / 1000) - 1), (MIN_INCREASE_BPS * elapsedMs) / 1000);
  }

  #additiveStep(elapsedMs: number): number {
    return (PACKET_BITS * elapsedMs) / (this.rttMs + RESPONSE_MS);
  }
}

/** The rate at which the path was full, and the deviation of its measurements. */
class FoundLimit {
  #meanBps = Number.NaN;
  /** Variance of the measurements in kbit/s, relative to the mean. */
  #variance = MIN_RELATIVE_VARIANCE;

  get isKnown(): boolean {
    return !Number.isNaN(this.#meanBps);
  }

  /** If more than this arrives, the path has become wider; Infinity while the limit is unknown. */
  get upperBps(): number {
    return this.isKnown ? this.#meanBps + NEAR_DEVIATIONS * this.#deviationBps : Number.POSITIVE_INFINITY;
  }

  found(acknowledgedBps: number): void {
    if (this.isKnown && acknowledgedBps < this.#meanBps - NEAR_DEVIATIONS * this.#deviationBps) this.forget();
    if (!this.isKnown) {
      this.#meanBps = acknowledgedBps;
      return;
    }
    this.#meanBps += LIMIT_GAIN * (acknowledgedBps - this.#meanBps);
    const errorKbps = (acknowledgedBps - this.#meanBps) / 1000;
    const relative = errorKbps ** 2 / Math.max(this.#meanBps / 1000, 1);
    this.#variance += LIMIT_GAIN * (relative - this.#variance);
    this.#variance = Math.min(Math.max(this.#variance, MIN_RELATIVE_VARIANCE), MAX_RELATIVE_VARIANCE);
  }

  forget(): void {
    this.#meanBps = Number.NaN;
  }

  get #deviationBps(): number {
    return 1000 * Math.sqrt(this.#variance * (this.#meanBps / 1000));
  }
}
