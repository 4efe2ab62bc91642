/**
 * When to send faster for a moment, to see whether more would fit: at the start, when more is wanted than the estimate allows, and after a
 * silence. There is no probing for bandwidth that is not wanted.
 */

/** What the sender is asked to do: send this much at this rate, in packets that carry the number of the probe. */
export interface ProbeOrder {
  /** 1 … 255, to be told apart from the last ones. */
  readonly probe: number;
  readonly rateBps: number;
  /** How much of it. */
  readonly bytes: number;
  /** How large its packets should be, UDP and IP included. */
  readonly sizeBytes: number;
}

const MAX_PROBE = 255;
/** Long enough that a busy machine does not hold all of it up, too short to be felt. */
const DURATION_MS = 40;
/** From here on, half as long is enough: more packets are sent in a millisecond. */
const FAST_BPS = 1_500_000;
const FAST_DURATION_MS = 25;
const MIN_PACKETS = 12;
const MAX_PACKETS = 100;
const MIN_PACKET_BYTES = 200;
const MAX_PACKET_BYTES = 1200;
/** Multiple of the initial rate: within one round trip it finds the limit, or enough for a camera. */
const FIRST_FACTOR = 6;
/** Multiple of the estimate, as long as the path has shown no limit … */
const FACTOR = 2;
/** … and once it has: most of these probes find that it is still there, and should not be felt. */
const FACTOR_AT_LIMIT = 1.5;
/** A probe that showed nothing is sent again at once, so many times. */
const MAX_RETRIES = 2;
/** More is not probed for than is wanted, and a little. */
const BEYOND_DEMAND = 1.1;
/** Wishes that differ by less are the same. */
const WORTH_PROBING = 1.05;
const INTERVAL_MS = 2000;
/** Where the estimate is near the limit that was found last, it finds out by itself whether that still holds. */
const NEAR_LIMIT_INTERVAL_MS = 3000;
const NEAR_LIMIT = 0.85;
const BEYOND_LIMIT = 1.05;
/** A probe that raised the estimate was wrong if the path turns out to be full this soon: others share it, and had left it for a moment. */
const DISPROVED_WITHIN_MS = 1500;
/** Each time in a row, the next probe waits for one interval more, so many at most … */
const MAX_DISPROVED = 2;
/** … and probes go beyond the estimate by this much or a tenth. Steps in proportion would give most to the peer that has most. */
const SHARED_STEP_BPS = 200_000;
const SHARED_FACTOR = 1.1;
/** Peers that share a path must not probe it at the same time. */
const JITTER = 0.2;
/** What has not been answered by then never will be. */
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
  /** The limit that was found last is a new one. A machine that was busy for a moment looks like one, too: the next probe decides. */
  #isDoubtful = false;
  #nextAtMs = Number.NEGATIVE_INFINITY;
  #waitsUntilMs = Number.NEGATIVE_INFINITY;
  /** Until then the last raise of the estimate may be disproved; NaN if it was, or has lasted. */
  #onTrialUntilMs = Number.NaN;
  /** How many raises in a row were disproved. */
  #disproved = 0;
  readonly #random: () => number;

  /** @param startBps the estimate that nothing has been measured of yet */
  constructor(startBps: number, random: () => number) {
    this.#random = random;
    this.#waiting = [FIRST_FACTOR * startBps];
  }

  /** How much the sender would send if it could. */
  set demandBps(demandBps: number) {
    this.#demandBps = demandBps;
  }

  /** More is wanted than the estimate, by so much that it is worth a probe. */
  wantsMore(estimateBps: number): boolean {
    return BEYOND_DEMAND * this.#demandBps >= WORTH_PROBING * estimateBps;
  }

  /** Asks for a probe as soon as may be. */
  request(rateBps: number): void {
    this.#waiting = [rateBps];
  }

  /** @returns what is to be sent now, once; undefined if nothing is */
  take(nowMs: number, estimateBps: number): ProbeOrder | undefined {
    if (this.#pending !== undefined && nowMs - this.#sentAtMs < ANSWER_WITHIN_MS) return undefined;
    this.#pending = undefined;
    if (nowMs >= this.#onTrialUntilMs) {
      this.#onTrialUntilMs = Number.NaN;
      this.#disproved = 0;
    }
    if (!this.wantsMore(estimateBps)) {
      // The first one is due when more is wanted for the first time, whenever that is.
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
    const rateBps = Math.min(wantedBps, BEYOND_DEMAND * this.#demandBps);
    if (rateBps < WORTH_PROBING * estimateBps) return undefined;
    return this.#order(nowMs, rateBps);
  }

  /**
   * The probe under way has shown that this much fits.
   *
   * @param estimateBps before it
   * @param visibleAtMs when it shows what sending as much does to the path
   */
  succeed(rateBps: number, hasFoundLimit: boolean, estimateBps: number, visibleAtMs: number): void {
    if (!hasFoundLimit && rateBps < WORTH_PROBING * estimateBps) {
      // The process was too busy to send it as fast as it should.
      this.retry(visibleAtMs);
      return;
    }
    this.#pending = undefined;
    this.#retries = 0;
    const isSureOfLimit = hasFoundLimit && (this.#isNear(rateBps) || this.#isDoubtful);
    this.#isDoubtful = hasFoundLimit && !isSureOfLimit;
    this.#limitBps = hasFoundLimit ? rateBps : Number.NaN;
    this.#hasMetLimit ||= hasFoundLimit;
    // Those that wait were thought of before this was known.
    if (isSureOfLimit) this.#waiting = [];
    else if (hasFoundLimit || this.#waiting.length === 0) {
      this.#waiting = [this.#beyond(rateBps)];
      this.#waitsUntilMs = visibleAtMs;
    }
  }

  /** The estimate was raised for what a probe has shown. @param visibleAtMs when it shows what sending as much does to the path */
  noteRaise(visibleAtMs: number): void {
    this.#onTrialUntilMs = visibleAtMs + DISPROVED_WITHIN_MS;
  }

  /** The probe under way has shown nothing. @param notBeforeMs when the next may follow */
  retry(notBeforeMs: number): void {
    const failed = this.#pending;
    this.#pending = undefined;
    if (failed === undefined || this.#retries >= MAX_RETRIES) return;
    this.#retries++;
    this.#waiting = [failed.rateBps];
    this.#waitsUntilMs = notBeforeMs;
  }

  /** The path is full: this is no time for more. */
  giveUp(nowMs: number): void {
    this.#hasMetLimit = true;
    this.#pending = undefined;
    this.#waiting = [];
    this.pauseUntil(nowMs);
    if (!(nowMs < this.#onTrialUntilMs)) return;
    this.#onTrialUntilMs = Number.NaN;
    this.#disproved = Math.min(this.#disproved + 1, MAX_DISPROVED);
    this.pauseUntil(nowMs + this.#interval(1 + this.#disproved));
  }

  /** No probe is due before then. */
  pauseUntil(untilMs: number): void {
    this.#nextAtMs = Math.max(this.#nextAtMs, untilMs);
  }

  /** What the next probe asks for, if this much is known to fit. */
  #beyond(rateBps: number): number {
    if (!this.#hasMetLimit) return FACTOR * rateBps;
    if (this.#disproved === 0) return FACTOR_AT_LIMIT * rateBps;
    return Math.max(SHARED_FACTOR * rateBps, Math.min(FACTOR_AT_LIMIT * rateBps, rateBps + SHARED_STEP_BPS));
  }

  /** How long until the next probe, give or take. */
  #interval(factor: number): number {
    return factor * INTERVAL_MS * (1 + JITTER * (2 * this.#random() - 1));
  }

  #isTime(nowMs: number, estimateBps: number): boolean {
    return nowMs >= this.#nextAtMs + (this.#isNear(estimateBps) ? NEAR_LIMIT_INTERVAL_MS - INTERVAL_MS : 0);
  }

  /** Whether a rate is about that of the limit that was found last. */
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
