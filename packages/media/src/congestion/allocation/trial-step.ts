/**
 * Tries a better layer on a path that cannot be probed: a receiver that only names an estimate of its
 * own (REMB) names little more than what it gets, so that without trying nothing would ever be better.
 */

/** Nothing has been tried, and nothing has gone wrong, for so long. */
const FIRST_AFTER_MS = 3000;
const LONGEST_AFTER_MS = 60_000;
/** Receivers raise their estimate by 8% a second while all is well. One that has not risen this much in so long has found the path full. */
const RISES_WITHIN_MS = 2000;
const RISEN = 1.05;

export interface TrialInput {
  /** What the path is known to carry. */
  readonly budgetBps: number;
  /** What is granted now costs, and would with the next better option; the same if there is none. */
  readonly grantedBps: number;
  readonly nextBps: number;
  /** A queue is growing on the path. */
  readonly isOverusing: boolean;
}

export class TrialStep {
  #quietSinceMs = Number.NaN;
  #afterMs = FIRST_AFTER_MS;
  /** When the estimate was last seen to rise while something is tried; NaN while nothing is. */
  #risenAtMs = Number.NaN;
  #risenToBps = 0;
  #triedBps = 0;

  /** @returns what may be granted, which is more than the budget while something is tried */
  update(nowMs: number, input: TrialInput): number {
    const { budgetBps, isOverusing } = input;
    if (Number.isNaN(this.#quietSinceMs) || isOverusing) this.#quietSinceMs = nowMs;
    if (this.#isTrying) this.#judge(nowMs, input);
    const isDue = nowMs - this.#quietSinceMs >= this.#afterMs;
    if (!this.#isTrying && isDue && input.nextBps > Math.max(input.grantedBps, budgetBps)) {
      this.#risenAtMs = nowMs;
      this.#risenToBps = budgetBps;
      this.#triedBps = input.nextBps;
    }
    return this.#isTrying ? Math.max(budgetBps, this.#triedBps) : budgetBps;
  }

  get #isTrying(): boolean {
    return !Number.isNaN(this.#risenAtMs);
  }

  #judge(nowMs: number, { budgetBps, isOverusing }: TrialInput): void {
    if (budgetBps >= RISEN * this.#risenToBps) {
      this.#risenAtMs = nowMs;
      this.#risenToBps = budgetBps;
    }
    const hasWorked = budgetBps >= this.#triedBps;
    const hasFailed = isOverusing || nowMs - this.#risenAtMs >= RISES_WITHIN_MS;
    if (!hasWorked && !hasFailed) return;
    this.#risenAtMs = Number.NaN;
    this.#quietSinceMs = nowMs;
    this.#afterMs = hasWorked ? FIRST_AFTER_MS : Math.min(2 * this.#afterMs, LONGEST_AFTER_MS);
  }
}
