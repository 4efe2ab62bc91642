/**
 * Tries a better layer on a path that cannot be probed. A receiver that only reports its own estimate (REMB) reports little more than it
 * receives, so without trials the quality would never improve.
 */

/** A trial starts after this long without another trial or congestion. */
const FIRST_AFTER_MS = 3000;
const LONGEST_AFTER_MS = 60_000;
/**
 * Receivers raise their estimate by 8% per second as long as there is no congestion. If it has not risen by the factor below in this time,
 * the path is full.
 */
const RISES_WITHIN_MS = 2000;
const RISEN = 1.05;

export interface TrialInput {
  /** The bitrate that the path is known to carry. */
  readonly budgetBps: number;
  /** The cost of the present grants, and with the next better option; the same if there is none. */
  readonly grantedBps: number;
  readonly nextBps: number;
  /** Whether a queue is growing on the path. */
  readonly isOverusing: boolean;
}

export class TrialStep {
  #quietSinceMs = Number.NaN;
  #afterMs = FIRST_AFTER_MS;
  /** When the estimate last rose during the present trial; NaN if there is none. */
  #risenAtMs = Number.NaN;
  #risenToBps = 0;
  #triedBps = 0;

  /** @returns the bitrate that may be granted, which exceeds the budget during a trial */
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
