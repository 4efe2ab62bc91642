/**
 * Decides when to probe, that is, to send faster for a moment to find out whether the path carries more: at the start, when more is wanted
 * than the estimate allows, and after a silence. There is no probing for bandwidth that is not wanted.
 */

/** An order to send a number of bytes at a given rate, in packets marked with the number of the probe. */
export interface ProbeOrder {
  /** 1 … 255, to distinguish it from previous probes. */
  readonly probe: number;
  readonly rateBps: number;
  /** Total size of the probe. */
  readonly bytes: number;
  /** Preferred size of its packets, including UDP and IP. */
  readonly sizeBytes: number;
}

const MAX_PROBE = 255;
/** Long enough that a busy machine does not hold up all of it, and too short to be noticeable. */
const DURATION_MS = 40;
/** Probes above this rate may be shorter, because they send more packets per millisecond. */
const FAST_BPS = 1_500_000;
const FAST_DURATION_MS = 25;
const MIN_PACKETS = 12;
const MAX_PACKETS = 100;
const MIN_PACKET_BYTES = 200;
const MAX_PACKET_BYTES = 1200;
/** Multiple of the initial rate. Within one round trip this finds the limit, or enough for a camera. */
const FIRST_FACTOR = 6;
/** Multiple of the estimate, as long as the path has shown no limit. */
const FACTOR = 2;
/** Multiple of the estimate once it has. Most of these probes find that the limit is still there, and should not be noticeable. */
const FACTOR_AT_LIMIT = 1.5;
/** How often an inconclusive probe is repeated. */
const MAX_RETRIES = 2;
/** There is no probe once the estimate is this far above the demand. */
const BEYOND_DEMAND = 1.1;
/** A probe asks for at most this multiple of the demand, which is only measured: a layer may cost a fifth more once it is sent. */
const MAX_BEYOND_DEMAND = 1.3;
/** Rates that differ by less count as equal. */
const WORTH_PROBING = 1.05;
const INTERVAL_MS = 2000;
/** If the estimate is near the limit that was last found, it detects a higher limit on its own. */
const NEAR_LIMIT_INTERVAL_MS = 3000;
const NEAR_LIMIT = 0.85;
const BEYOND_LIMIT = 1.05;
/**
 * If the path turns out to be full this soon after a probe has raised the estimate, the probe was wrong: other flows share the path, and
 * had left it free for a moment.
 */
const DISPROVED_WITHIN_MS = 1500;
/** Each such failure in a row delays the next probe by another interval, up to this many. */
const MAX_DISPROVED = 2;
/**
 * Probes then go beyond the estimate by this much, or by a tenth. Proportional steps would give most to the peer that has most. From the
 * third probe in a row that has found no limit, each step is twice as long as the one before, because the path has become wider.
 */
const SHARED_STEP_BPS = 200_000;
const SHARED_STEPS = 2;
const SHARED_FACTOR = 1.1;
/** Prevents peers that share a path from probing it at the same time. */
const JITTER = 0.2;
/** A probe without an answer by then will never have one. */
const ANSWER_WITHIN_MS = 1000;

export class ProbePlan {
  #waiting: number[] = [];
  #lastProbe = 0;
  #pending: ProbeOrder | undefined = undefined;
  #sentAtMs = Number.NEGATIVE_INFINITY;
  #demandBps = Number.POSITIVE_INFINITY;
  #retries = 0;
  #hasMetLimit = false;
  #limitBps = Number.NaN;
  /**
   * Whether the limit that was last found is new. A machine that was busy for a moment looks like a limit too, so the next probe decides.
   */
  #isDoubtful = false;
  #nextAtMs = Number.NEGATIVE_INFINITY;
  #waitsUntilMs = Number.NEGATIVE_INFINITY;
  /** Until when the last raise of the estimate may be disproved; NaN if it was, or has lasted. */
  #onTrialUntilMs = Number.NaN;
  /** How many raises in a row were disproved. */
  #disproved = 0;
  /** How many probes in a row have found no limit. */
  #passed = 0;
  readonly #random: () => number;

  /** @param startBps the initial estimate, before anything was measured */
  constructor(startBps: number, random: () => number) {
    this.#random = random;
    this.#waiting = [FIRST_FACTOR * startBps];
  }

  /** Sets how much the sender would send if it could. */
  set demandBps(demandBps: number) {
    this.#demandBps = demandBps;
  }

  /** Whether the demand exceeds the estimate by enough to be worth a probe. */
  wantsMore(estimateBps: number): boolean {
    return BEYOND_DEMAND * this.#demandBps >= WORTH_PROBING * estimateBps;
  }

  /** Requests a probe as soon as possible. */
  request(rateBps: number): void {
    this.#waiting = [rateBps];
  }

  /** @returns a probe to be sent now; undefined if none is due */
  take(nowMs: number, estimateBps: number): ProbeOrder | undefined {
    if (this.#pending !== undefined && nowMs - this.#sentAtMs < ANSWER_WITHIN_MS) return undefined;
    this.#pending = undefined;
    if (nowMs >= this.#onTrialUntilMs) {
      this.#onTrialUntilMs = Number.NaN;
      this.#disproved = 0;
    }
    if (!this.wantsMore(estimateBps)) {
      // The first probe is due when more is wanted for the first time, whenever that is.
      if (this.#lastProbe !== 0) this.#waiting = [];
      return undefined;
    }
    if (this.#waiting.length === 0 && this.#isTime(nowMs, estimateBps)) {
      this.#waiting = [this.#beyond(estimateBps)];
      this.#retries = 0;
    }
    if (nowMs < this.#waitsUntilMs) return undefined;
    const wantedBps = this.#waiting.shift();
    if (wantedBps === undefined) return undefined;
    const rateBps = Math.min(wantedBps, MAX_BEYOND_DEMAND * this.#demandBps);
    if (rateBps < WORTH_PROBING * estimateBps) return undefined;
    return this.#order(nowMs, rateBps);
  }

  /**
   * Handles a probe that has shown what fits.
   *
   * @param estimateBps the estimate before the probe
   * @param visibleAtMs when the effect of sending at this rate is visible
   * @returns whether it has found the same limit as the probe before
   */
  succeed(rateBps: number, hasFoundLimit: boolean, estimateBps: number, visibleAtMs: number): boolean {
    if (!hasFoundLimit && rateBps < WORTH_PROBING * estimateBps) {
      // The process was too busy to send the probe as fast as it should.
      this.retry(visibleAtMs);
      return false;
    }
    this.#pending = undefined;
    this.#retries = 0;
    this.#passed = hasFoundLimit ? 0 : this.#passed + 1;
    const isConfirmed = hasFoundLimit && this.#isNear(rateBps);
    const isSureOfLimit = isConfirmed || (hasFoundLimit && this.#isDoubtful);
    this.#isDoubtful = hasFoundLimit && !isSureOfLimit;
    this.#limitBps = hasFoundLimit ? rateBps : Number.NaN;
    this.#hasMetLimit ||= hasFoundLimit;
    // Waiting probes were planned before this was known.
    if (isSureOfLimit) this.#waiting = [];
    else if (hasFoundLimit || this.#waiting.length === 0) {
      this.#waiting = [this.#beyond(rateBps)];
      this.#waitsUntilMs = visibleAtMs;
    }
    return isConfirmed;
  }

  /** Records that the estimate was raised because of a probe. @param visibleAtMs when the effect of sending at this rate is visible */
  noteRaise(visibleAtMs: number): void {
    this.#onTrialUntilMs = visibleAtMs + DISPROVED_WITHIN_MS;
  }

  /** Handles a probe that was inconclusive. @param notBeforeMs when the next may follow */
  retry(notBeforeMs: number): void {
    const failed = this.#pending;
    this.#pending = undefined;
    if (failed === undefined || this.#retries >= MAX_RETRIES) return;
    this.#retries++;
    this.#waiting = [failed.rateBps];
    this.#waitsUntilMs = notBeforeMs;
  }

  /** Cancels probes, because the path is full. */
  giveUp(nowMs: number): void {
    this.#hasMetLimit = true;
    this.#pending = undefined;
    this.#waiting = [];
    this.#passed = 0;
    this.pauseUntil(nowMs);
    if (!(nowMs < this.#onTrialUntilMs)) return;
    this.#onTrialUntilMs = Number.NaN;
    this.#disproved = Math.min(this.#disproved + 1, MAX_DISPROVED);
    this.pauseUntil(nowMs + this.#interval(1 + this.#disproved));
  }

  /** Prevents probes until the given time. */
  pauseUntil(untilMs: number): void {
    this.#nextAtMs = Math.max(this.#nextAtMs, untilMs);
  }

  /** The rate of the next probe, if this much is known to fit. */
  #beyond(rateBps: number): number {
    if (!this.#hasMetLimit) return FACTOR * rateBps;
    if (this.#disproved === 0) return FACTOR_AT_LIMIT * rateBps;
    const stepBps = SHARED_STEP_BPS * 2 ** Math.max(0, this.#passed - SHARED_STEPS);
    return Math.max(SHARED_FACTOR * rateBps, Math.min(FACTOR_AT_LIMIT * rateBps, rateBps + stepBps));
  }

  /** The time until the next probe, randomised. */
  #interval(factor: number): number {
    return factor * INTERVAL_MS * (1 + JITTER * (2 * this.#random() - 1));
  }

  #isTime(nowMs: number, estimateBps: number): boolean {
    return nowMs >= this.#nextAtMs + (this.#isNear(estimateBps) ? NEAR_LIMIT_INTERVAL_MS - INTERVAL_MS : 0);
  }

  /** Whether a rate is near the limit that was last found. */
  #isNear(rateBps: number): boolean {
    return rateBps > NEAR_LIMIT * this.#limitBps && rateBps < BEYOND_LIMIT * this.#limitBps;
  }

  #order(nowMs: number, rateBps: number): ProbeOrder {
    this.#lastProbe = (this.#lastProbe % MAX_PROBE) + 1;
    const bytes = (rateBps * (rateBps < FAST_BPS ? DURATION_MS : FAST_DURATION_MS)) / 8000;
    const packets = Math.min(Math.max(MIN_PACKETS, Math.ceil(bytes / MAX_PACKET_BYTES)), MAX_PACKETS);
    const sizeBytes = Math.min(Math.max(MIN_PACKET_BYTES, Math.round(bytes / packets)), MAX_PACKET_BYTES);
    this.#pending = { probe: this.#lastProbe, rateBps, bytes: (packets + 1) * sizeBytes, sizeBytes };
    this.#sentAtMs = nowMs;
    this.#nextAtMs = nowMs + this.#interval(1);
    return this.#pending;
  }
}
