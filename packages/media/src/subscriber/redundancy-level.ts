/**
 * Decides how many earlier packets are added to each packet of sound, by the losses of the path. One more packet turns a loss of 5% into
 * one of a quarter of a percent, and costs as much as the sound itself; so it is added only where packets are lost, and the path has room.
 */

const DECIDE_EVERY_MS = 500;
/** Weight of each look at the loss, which is of one second with some fifty packets. The average is over about four seconds. */
const LOSS_GAIN = 1 / 8;
/** The loss ratios at which the first and the second earlier packet are added. */
const LOSS_FOR_LEVEL = [0.02, 0.1] as const;
/** A level is given up once the loss has stayed below this share of the level's threshold. */
const CALM = 0.5;
/** Losses come in bursts, so a short calm says nothing. */
const CALM_FOR_MS = 10_000;
/** Sound with its redundancy takes at most this share of what the path carries. */
const MAX_SHARE = 0.5;

export class RedundancyLevel {
  /** How many earlier packets are added to each. */
  value = 0;
  #loss = 0;
  #decideAtMs = Number.NEGATIVE_INFINITY;
  /** Since when less would do. */
  #calmFromMs = Number.POSITIVE_INFINITY;

  isDue(nowMs: number): boolean {
    return nowMs >= this.#decideAtMs;
  }

  /**
   * @param lossRatio of the path, 0 to 1; undefined if the receiver does not report it
   * @param soundBps what the sound costs alone
   * @param limitBps what the path carries; undefined if it has no known limit
   */
  decide(nowMs: number, lossRatio: number | undefined, soundBps: number, limitBps: number | undefined): void {
    this.#decideAtMs = nowMs + DECIDE_EVERY_MS;
    const affordable = limitBps === undefined || soundBps === 0 ? LOSS_FOR_LEVEL.length : Math.floor((limitBps * MAX_SHARE) / soundBps) - 1;
    this.#loss += ((lossRatio ?? 0) - this.#loss) * LOSS_GAIN;
    const helpful = LOSS_FOR_LEVEL.filter((loss) => this.#loss >= loss).length;
    if (helpful >= this.value || !this.#isCalm(nowMs)) this.value = Math.max(this.value, helpful);
    else this.value--;
    if (helpful >= this.value) this.#calmFromMs = Number.POSITIVE_INFINITY;
    this.value = Math.max(0, Math.min(this.value, affordable));
  }

  /** Whether so little has been lost for a while that one packet less would do. */
  #isCalm(nowMs: number): boolean {
    if (this.#loss >= LOSS_FOR_LEVEL[this.value - 1] * CALM) this.#calmFromMs = Number.POSITIVE_INFINITY;
    else this.#calmFromMs = Math.min(this.#calmFromMs, nowMs);
    if (nowMs - this.#calmFromMs < CALM_FOR_MS) return false;
    this.#calmFromMs = nowMs;
    return true;
  }
}
