/**
 * Detects that a queue is growing on the path: the slope of a line through recent delays is compared with a threshold, which adapts to
 * competing flows that fill the same queue.
 *
 * @see draft-ietf-rmcat-gcc-02 §5.4 (overuse detector); Carlucci et al., "Analysis and Design of the Google Congestion Control for
 *   WebRTC"
 */

export type PathUse = 'normal' | 'overuse' | 'underuse';

const WINDOW_GROUPS = 20;
/** Weight of the previous value in the smoothed delay. */
const SMOOTHING = 0.9;
/** Slopes are scaled to milliseconds over this many groups, times a gain, so that a threshold in milliseconds is meaningful. */
const MAX_COUNTED_GROUPS = 60;
const GAIN = 4;
const INITIAL_THRESHOLD = 12.5;
const MIN_THRESHOLD = 6;
const MAX_THRESHOLD = 600;
/** How fast the threshold follows slopes above and below it. */
const THRESHOLD_RISE = 0.0087;
const THRESHOLD_FALL = 0.039;
/** A slope this far above the threshold is a single event, and does not change the threshold. */
const MAX_ADAPTED_EXCESS = 15;
const MAX_ADAPTATION_STEP_MS = 100;
/** A shorter increase does not count as overuse. */
const OVERUSE_FOR_MS = 10;

export class Trendline {
  readonly #arrivedMs = new Float64Array(WINDOW_GROUPS);
  readonly #delayMs = new Float64Array(WINDOW_GROUPS);
  #groups = 0;
  #firstArrivalMs = Number.NaN;
  #sumMs = 0;
  #smoothedMs = 0;
  #slope = 0;
  #threshold = INITIAL_THRESHOLD;
  #adaptedAtMs = Number.NaN;
  #overusedForMs = 0;
  #overusedGroups = 0;
  #use: PathUse = 'normal';

  get use(): PathUse {
    return this.#use;
  }

  /** Takes how much later a group was sent and arrived than the one before, and when it arrived. */
  update(sendDeltaMs: number, arrivalDeltaMs: number, arrivedAtMs: number): void {
    if (Number.isNaN(this.#firstArrivalMs)) this.#firstArrivalMs = arrivedAtMs;
    this.#sumMs += arrivalDeltaMs - sendDeltaMs;
    this.#smoothedMs = SMOOTHING * this.#smoothedMs + (1 - SMOOTHING) * this.#sumMs;
    const place = this.#groups % WINDOW_GROUPS;
    this.#arrivedMs[place] = arrivedAtMs - this.#firstArrivalMs;
    this.#delayMs[place] = this.#smoothedMs;
    this.#groups++;
    const slope = this.#groups < WINDOW_GROUPS ? this.#slope : this.#fitSlope(this.#arrivedMs[place]);
    this.#detect(slope, sendDeltaMs, arrivedAtMs);
    this.#slope = slope;
  }

  /** Fits a line by least squares in one pass. Values relative to the latest arrival are small enough for that. */
  #fitSlope(originMs: number): number {
    let sumX = 0;
    let sumY = 0;
    let sumXX = 0;
    let sumXY = 0;
    for (let index = 0; index < WINDOW_GROUPS; index++) {
      const x = this.#arrivedMs[index] - originMs;
      const y = this.#delayMs[index] - this.#smoothedMs;
      sumX += x;
      sumY += y;
      sumXX += x * x;
      sumXY += x * y;
    }
    const variance = WINDOW_GROUPS * sumXX - sumX * sumX;
    return variance <= 0 ? this.#slope : (WINDOW_GROUPS * sumXY - sumX * sumY) / variance;
  }

  #detect(slope: number, sendDeltaMs: number, arrivedAtMs: number): void {
    const trend = Math.min(this.#groups, MAX_COUNTED_GROUPS) * slope * GAIN;
    if (trend > this.#threshold) this.#noteOveruse(slope, sendDeltaMs);
    else {
      this.#overusedForMs = 0;
      this.#overusedGroups = 0;
      this.#use = trend < -this.#threshold ? 'underuse' : 'normal';
    }
    this.#adapt(trend, arrivedAtMs);
  }

  #noteOveruse(slope: number, sendDeltaMs: number): void {
    // The first group counts half, because the increase started at some point within it.
    this.#overusedForMs += this.#overusedGroups === 0 ? sendDeltaMs / 2 : sendDeltaMs;
    this.#overusedGroups++;
    const isLasting = this.#overusedForMs > OVERUSE_FOR_MS && this.#overusedGroups > 1;
    // If the slope is already falling, the sender has reacted.
    if (!isLasting || slope < this.#slope) return;
    this.#overusedForMs = 0;
    this.#overusedGroups = 0;
    this.#use = 'overuse';
  }

  #adapt(trend: number, arrivedAtMs: number): void {
    const sinceMs = Number.isNaN(this.#adaptedAtMs) ? 0 : arrivedAtMs - this.#adaptedAtMs;
    this.#adaptedAtMs = arrivedAtMs;
    const size = Math.abs(trend);
    if (size > this.#threshold + MAX_ADAPTED_EXCESS) return;
    const speed = size < this.#threshold ? THRESHOLD_FALL : THRESHOLD_RISE;
    const stepMs = Math.min(Math.max(sinceMs, 0), MAX_ADAPTATION_STEP_MS);
    this.#threshold = clamp(this.#threshold + speed * (size - this.#threshold) * stepMs, MIN_THRESHOLD, MAX_THRESHOLD);
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
