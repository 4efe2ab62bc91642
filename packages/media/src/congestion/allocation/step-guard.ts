/**
 * Prevents one track from being switched back and forth. It steps down immediately, and up only to an option that has fitted for a while
 * with room to spare. After a step up that did not last, it waits for an increasing time before the next.
 */

/** An option must have fitted for this long before it is used. */
const FITS_FOR_MS = 1000;
/** A step up that is reversed this soon has failed. Encoders vary slowly around their target, so a layer may fit for a while. */
const FAILED_WITHIN_MS = 20_000;
/** A better layer starts with a keyframe, which fills a queue for this long even if the layer itself fits. */
const BEGINNING_MS = 1200;
/** During that time, the budget stays above this share of its previous value. */
const BEGINNING_BUDGET = 0.65;
/** A layer that costs this many times more than when it was chosen is judged again. */
const SAME_COST = 1.15;
const FIRST_BACK_OFF_MS = 5000;
/** A step up and down is two switches, so in the long run there is no more than one per minute. */
const LONGEST_BACK_OFF_MS = 120_000;
/** After this long without a failure, the next one counts as the first. */
const FORGIVEN_AFTER_MS = 180_000;
/**
 * An option that costs at least this share of the one that failed counts as the same step: a layer's cost is never quite constant, whereas
 * steps between layers are much larger.
 */
const SAME_STEP = 0.75;
/** If the path carries this many times more, it is no longer the path on which the step failed. */
const OTHER_PATH = 1.5;

/** The result of the current allocation for one track. */
export interface StepInput {
  /** Index of the option that is being sent; -1 for none. */
  readonly current: number;
  /** Index of the option granted with the whole budget. */
  readonly fitting: number;
  /** Index of the option granted with a part of the budget left over. */
  readonly roomy: number;
  readonly costsBps: readonly number[];
  readonly budgetBps: number;
  /** Whether the path has just been shown to carry the budget. */
  readonly isProven: boolean;
}

export class StepGuard {
  #fitsSinceMs = Number.NaN;
  /** The cost of the option that the last step up led to, and the budget when it was reversed. */
  #steppedToBps = Number.POSITIVE_INFINITY;
  #failedBps = Number.POSITIVE_INFINITY;
  #failedBudgetBps = 0;
  #steppedUpAtMs = Number.NEGATIVE_INFINITY;
  #steppedUpBudgetBps = 0;
  #failedAtMs = Number.NEGATIVE_INFINITY;
  #backOffMs = 0;

  /** @returns the index of the option to send from now on; -1 for none */
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

  /** The best option up to `wanted` that has not failed recently; -1 for none. */
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
