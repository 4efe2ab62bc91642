/**
 * Shares one peer's budget among the tracks that it watches. The function is pure: the same wishes always have the same result, so it can
 * be tested without a network.
 */

/** The options for one track. */
export interface AllocationWish {
  /** Costs of the options in bit/s, from the least wanted to the most wanted. */
  readonly costsBps: readonly number[];
  /** Share relative to other tracks if the budget is short; above 0. */
  readonly priority: number;
}

/** Nothing of the track is sent. */
export const NO_GRANT = -1;

/**
 * Grants the lowest options first, in order of priority, and then improvements, each to the track that has least relative to its priority.
 * The lowest option of the most important track is granted even if it does not fit, because a picture that stutters is better than none.
 *
 * @returns for each wish the index of the granted option, or `NO_GRANT`
 */
export function allocate(budgetBps: number, wishes: readonly AllocationWish[]): number[] {
  const grants = new Array<number>(wishes.length).fill(NO_GRANT);
  let leftBps = grantLowest(budgetBps, wishes, grants);
  for (;;) {
    const next = poorest(leftBps, wishes, grants);
    if (next === undefined) return grants;
    leftBps -= stepCostBps(wishes[next], grants[next]);
    grants[next]++;
  }
}

/** The total cost of all grants in bit/s. */
export function costOf(wishes: readonly AllocationWish[], grants: readonly number[]): number {
  return grants.reduce((sum, grant, index) => sum + (grant === NO_GRANT ? 0 : wishes[index].costsBps[grant]), 0);
}

/** The total cost with the cheapest possible improvement added; the same as `costOf` if there is none. */
export function nextCost(wishes: readonly AllocationWish[], grants: readonly number[]): number {
  let leastBps = Number.POSITIVE_INFINITY;
  for (const [index, wish] of wishes.entries()) {
    const { costsBps } = wish;
    const granted = grants[index];
    if (granted + 1 >= costsBps.length) continue;
    leastBps = Math.min(leastBps, costsBps[granted + 1] - (granted === NO_GRANT ? 0 : costsBps[granted]));
  }
  return costOf(wishes, grants) + (leastBps === Number.POSITIVE_INFINITY ? 0 : leastBps);
}

/** @returns the remaining budget */
function grantLowest(budgetBps: number, wishes: readonly AllocationWish[], grants: number[]): number {
  let leftBps = budgetBps;
  let isFirst = true;
  for (const index of byPriority(wishes)) {
    const costBps = wishes[index].costsBps[0];
    if (!isFirst && costBps > leftBps) continue;
    isFirst = false;
    grants[index] = 0;
    leftBps -= costBps;
  }
  return leftBps;
}

/** Indices of the tracks that have options, by descending priority. Tracks of equal priority keep their order. */
function byPriority(wishes: readonly AllocationWish[]): number[] {
  const order: number[] = [];
  for (let index = 0; index < wishes.length; index++) if (wishes[index].costsBps.length > 0) order.push(index);
  return order.sort((one, other) => wishes[other].priority - wishes[one].priority);
}

/** @returns the track to improve next; undefined if no improvement fits */
function poorest(leftBps: number, wishes: readonly AllocationWish[], grants: readonly number[]): number | undefined {
  let found: number | undefined;
  let leastBps = Number.POSITIVE_INFINITY;
  for (let index = 0; index < wishes.length; index++) {
    const { costsBps, priority } = wishes[index];
    const granted = grants[index];
    if (granted === NO_GRANT || granted + 1 >= costsBps.length) continue;
    if (stepCostBps(wishes[index], granted) > leftBps) continue;
    const weighedBps = costsBps[granted] / priority;
    const isMoreImportant = weighedBps === leastBps && found !== undefined && priority > wishes[found].priority;
    if (weighedBps >= leastBps && !isMoreImportant) continue;
    leastBps = weighedBps;
    found = index;
  }
  return found;
}

function stepCostBps({ costsBps }: AllocationWish, granted: number): number {
  return costsBps[granted + 1] - costsBps[granted];
}
