/**
 * Chooses the route of a track from the node that owns it. The result depends only on the known links and is the same
 * on every node that knows them, so that routes of several nodes overlap where possible.
 */
import { HOP_COST } from './link-quality.ts';
import type { LinkStateTable } from './link-state-table.ts';

/** The owner, at most two intermediate nodes, and the node that wants the track. */
export const MAX_HOPS = 3;

export interface Route {
  /** The nodes from the one that wants the track to its owner. Like all routes, this is against the direction of the media. */
  readonly nodes: readonly number[];
  readonly cost: number;
}

export interface RouteRestrictions {
  readonly maxHops?: number;
  /** Nodes that must not be intermediate. */
  readonly avoid?: ReadonlySet<number>;
  /** If given, the node next to the one that wants the track is one of these. */
  readonly firstHops?: ReadonlySet<number>;
  /** A node that may not be next to the one that wants the track. */
  readonly notFirst?: number | undefined;
  /** If given, all intermediate nodes are among these. */
  readonly through?: ReadonlySet<number> | undefined;
  /** Whether any route suffices, because the caller only asks whether there is one. */
  readonly isAnyEnough?: boolean;
}

/**
 * Returns the cheapest route with at most that many hops. Among equal costs, fewer hops win, then lower node numbers.
 *
 * @returns undefined if there is no route
 */
export function chooseRoute(table: LinkStateTable, from: number, owner: number, restrictions: RouteRestrictions = {}): Route | undefined {
  const { maxHops = MAX_HOPS, avoid, firstHops, notFirst, through, isAnyEnough = false } = restrictions;
  const isBetween = (nodeNo: number) => nodeNo !== from && nodeNo !== owner && table.passesOn(nodeNo) && avoid?.has(nodeNo) !== true;
  const mayBeFirst = (nodeNo: number) => nodeNo !== notFirst && (firstHops?.has(nodeNo) ?? true);
  const fromOwner = table.costsFrom(owner);

  const direct = fromOwner.get(from);
  let best: Route | undefined = direct !== undefined && mayBeFirst(owner) ? { nodes: [from, owner], cost: direct } : undefined;
  if (maxHops < 2 || (isAnyEnough && best !== undefined)) return best;

  const neighbours = through ?? table.costsFrom(from).keys();
  const last = nearest(neighbours, isBetween, (nodeNo) => table.costsFrom(nodeNo).get(from)).filter(([nodeNo]) => mayBeFirst(nodeNo));
  for (const [between, cost] of last) {
    const before = fromOwner.get(between);
    if (before !== undefined) best = better(best, { nodes: [from, between, owner], cost: before + cost });
  }
  if (maxHops < 3 || (isAnyEnough && best !== undefined)) return best;

  const next = nearest(through ?? fromOwner.keys(), isBetween, (nodeNo) => fromOwner.get(nodeNo));
  for (const [near, nearCost] of last) {
    // Both lists are sorted, so later entries cannot be cheaper.
    if (isTooDear(nearCost + (next[0]?.[1] ?? 0), best)) break;
    for (const [far, farCost] of next) {
      if (isTooDear(nearCost + farCost, best)) break;
      const cost = far === near ? undefined : table.costsFrom(far).get(near);
      if (cost !== undefined) best = better(best, { nodes: [from, near, far, owner], cost: farCost + cost + nearCost });
    }
  }
  return best;
}

/** @returns possible intermediate nodes with the cost of the link, cheapest first */
function nearest(
  nodeNos: Iterable<number>,
  isBetween: (nodeNo: number) => boolean,
  costOf: (nodeNo: number) => number | undefined,
): readonly (readonly [nodeNo: number, cost: number])[] {
  const found: (readonly [number, number])[] = [];
  for (const nodeNo of nodeNos) {
    const cost = isBetween(nodeNo) ? costOf(nodeNo) : undefined;
    if (cost !== undefined) found.push([nodeNo, cost]);
  }
  return found.sort(([, one], [, other]) => one - other);
}

/** Whether a route cannot be the best with one more hop, which costs at least `HOP_COST`. */
function isTooDear(costOfTheRest: number, best: Route | undefined): boolean {
  return best !== undefined && costOfTheRest + HOP_COST > best.cost;
}

/** Returns the present cost of a route. @returns undefined if one of its links is gone */
export function routeCost(table: LinkStateTable, nodes: readonly number[]): number | undefined {
  let cost = 0;
  for (let hop = 0; hop + 1 < nodes.length; hop++) {
    const edge = table.edge(nodes[hop + 1] ?? Number.NaN, nodes[hop] ?? Number.NaN);
    if (edge === undefined) return undefined;
    cost += edge.cost;
  }
  return cost;
}

function better(one: Route | undefined, other: Route): Route {
  if (one === undefined || other.cost < one.cost) return other;
  if (other.cost > one.cost) return one;
  if (other.nodes.length !== one.nodes.length) return other.nodes.length < one.nodes.length ? other : one;
  return compareNodes(one.nodes, other.nodes) <= 0 ? one : other;
}

function compareNodes(one: readonly number[], other: readonly number[]): number {
  for (const [index, nodeNo] of one.entries()) {
    const difference = nodeNo - (other[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
