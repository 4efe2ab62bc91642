/**
 * Shares one peer's budget among the tracks that it watches. Pure: the same wishes always get the
 * same grants, so what is decided here can be tested without a network.
 */

/** What one track can be sent as. */
export interface AllocationWish {
  /** What each option costs in bit/s, from the least wanted option to the most wanted. */
  readonly costsBps: readonly number[];
  /** Share when the budget is short, relative to the other tracks; above 0. */
  readonly priority: number;
}

/** Nothing is sent of a track. */
export const NO_GRANT = -1;

/**
 * Grants the lowest options first, in order of priority, and then improvements: always to the
 * track that has least for its weight. The lowest option of the most important track is granted
 * whether or not it fits, because a picture that stutters tells more than a black one.
 *
 * @returns for each wish the index of the option granted, or `NO_GRANT`
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

/** What all grants together cost. */
export function costOf(wishes: readonly AllocationWish[], grants: readonly number[]): number {
  return grants.reduce((sum, grant, index) => sum + (grant === NO_GRANT ? 0 : wishes[index].costsBps[grant]), 0);
}

/** What they would cost with the cheapest improvement there is; the same if there is none. */
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

/** @returns what is left of the budget */
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

/** Tracks that can be sent at all, the most important first; equals keep their order. */
function byPriority(wishes: readonly AllocationWish[]): number[] {
  const order: number[] = [];
  for (let index = 0; index < wishes.length; index++) if (wishes[index].costsBps.length > 0) order.push(index);
  return order.sort((one, other) => wishes[other].priority - wishes[one].priority);
}

/** @returns the track that is improved next; undefined if no improvement fits */
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
