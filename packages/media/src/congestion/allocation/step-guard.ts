/**
 * Keeps one track from being switched back and forth: down at once, up only to what has fitted for
 * a while with room to spare, and after a step up that did not last not again for a growing time.
 */

/** An option must have fitted for so long before it is taken. */
const FITS_FOR_MS = 1000;
/** A step up that is taken back this soon has failed: encoders swing slowly about their target, and a layer may fit for a while. */
const FAILED_WITHIN_MS = 20_000;
/** A better layer begins with a keyframe, which fills a queue for a moment though the layer itself fits … */
const BEGINNING_MS = 1200;
/** … and the estimate falls by less than this for it. */
const BEGINNING_BUDGET = 0.65;
/** A layer that costs so much more than when it was taken is another matter. */
const SAME_COST = 1.15;
const FIRST_BACK_OFF_MS = 5000;
/** Up and down again is two switches: in the long run, no more than one a minute. */
const LONGEST_BACK_OFF_MS = 120_000;
/** So long without a failure, and the next one counts as the first. */
const FORGIVEN_AFTER_MS = 180_000;
/** What a layer costs is never quite the same; steps between layers are far larger. */
const SAME_STEP = 0.75;
/** The path is no longer the one on which the step failed if it carries this much more. */
const OTHER_PATH = 1.5;

/** What the allocation of this moment says about a track. */
export interface StepInput {
  /** The option that is being sent; -1 for none. */
  readonly current: number;
  /** The option granted out of the whole budget. */
  readonly fitting: number;
  /** The option granted with some of the budget left over. */
  readonly roomy: number;
  readonly costsBps: readonly number[];
  readonly budgetBps: number;
  /** The path has just been seen to carry the budget. */
  readonly isProven: boolean;
}

export class StepGuard {
  #fitsSinceMs = Number.NaN;
  /** What the option costs that the last step up led to, and the budget when it was taken back. */
  #steppedToBps = Number.POSITIVE_INFINITY;
  #failedBps = Number.POSITIVE_INFINITY;
  #failedBudgetBps = 0;
  #steppedUpAtMs = Number.NEGATIVE_INFINITY;
  #steppedUpBudgetBps = 0;
  #failedAtMs = Number.NEGATIVE_INFINITY;
  #backOffMs = 0;

  /** @returns the option to be sent from now on; -1 for none */
  decide(nowMs: number, input: StepInput): number {
    const { current, fitting, roomy } = input;
    if (fitting < current && this.#isBeginning(nowMs, input)) return current;
    if (fitting < current) {
      this.#noteStepDown(nowMs, input);
      return fitting;
    }
    const next = this.highest(nowMs, Math.min(fitting, roomy), input.costsBps, input.budgetBps);
    if (next <= current) {
      this.#fitsSinceMs = Number.NaN;
      return current;
    }
    if (Number.isNaN(this.#fitsSinceMs)) this.#fitsSinceMs = nowMs;
    if (!input.isProven && nowMs - this.#fitsSinceMs < FITS_FOR_MS) return current;
    this.#fitsSinceMs = Number.NaN;
    this.#steppedUpAtMs = nowMs;
    this.#steppedToBps = input.costsBps[next];
    this.#steppedUpBudgetBps = input.budgetBps;
    return next;
  }

  /** The most wanted option up to `wanted` that has not failed a moment ago; -1 for none. */
  highest(nowMs: number, wanted: number, costsBps: readonly number[], budgetBps: number): number {
    const isOver = nowMs - this.#failedAtMs >= this.#backOffMs;
    if (isOver || budgetBps > OTHER_PATH * Math.max(this.#failedBudgetBps, this.#failedBps)) return wanted;
    let allowed = wanted;
    while (allowed >= 0 && costsBps[allowed] >= SAME_STEP * this.#failedBps) allowed--;
    // A picture that comes and goes is better than none for two minutes.
    return allowed < 0 && nowMs - this.#failedAtMs >= FIRST_BACK_OFF_MS ? Math.min(wanted, 0) : allowed;
  }

  #isBeginning(nowMs: number, { current, costsBps, budgetBps }: StepInput): boolean {
    const hasJustBegun = nowMs - this.#steppedUpAtMs < BEGINNING_MS;
    return hasJustBegun && budgetBps >= BEGINNING_BUDGET * this.#steppedUpBudgetBps && costsBps[current] <= SAME_COST * this.#steppedToBps;
  }

  #noteStepDown(nowMs: number, { fitting, costsBps, budgetBps }: StepInput): void {
    this.#fitsSinceMs = Number.NaN;
    const hasFailed = nowMs - this.#steppedUpAtMs < FAILED_WITHIN_MS && (fitting < 0 || costsBps[fitting] < this.#steppedToBps);
    this.#steppedUpAtMs = Number.NEGATIVE_INFINITY;
    if (!hasFailed) return;
    const isForgiven = nowMs - this.#failedAtMs > FORGIVEN_AFTER_MS;
    this.#backOffMs = isForgiven ? FIRST_BACK_OFF_MS : Math.min(2 * this.#backOffMs, LONGEST_BACK_OFF_MS);
    this.#failedAtMs = nowMs;
    this.#failedBps = this.#steppedToBps;
    this.#failedBudgetBps = budgetBps;
  }
}
