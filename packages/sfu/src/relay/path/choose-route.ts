/**
 * Which way a track takes from the node that owns it. Pure, and the same on every node that knows the same links, so that the ways of
 * several nodes lie on top of each other where they can.
 */
import type { LinkStateTable } from './link-state-table.ts';

/** Owner, at most two nodes between, and the node that wants the track. */
export const MAX_HOPS = 3;

export interface Route {
  /** From the node that wants the track to its owner, as a route is written everywhere: against the way of the media. */
  readonly nodes: readonly number[];
  readonly cost: number;
}

export interface RouteRestrictions {
  readonly maxHops?: number;
  /** Nodes that must not stand between. */
  readonly avoid?: ReadonlySet<number>;
  /** If given, the node next to the one that wants the track is one of these. */
  readonly firstHops?: ReadonlySet<number>;
}

/**
 * The cheapest way of at most so many hops. Of two that cost the same the one with fewer hops is taken, then the one with the lower node
 * numbers.
 *
 * @returns undefined if there is no way
 */
export function chooseRoute(table: LinkStateTable, from: number, owner: number, restrictions: RouteRestrictions = {}): Route | undefined {
  const { maxHops = MAX_HOPS, avoid = new Set<number>(), firstHops } = restrictions;
  const isBetween = (nodeNo: number) => nodeNo !== from && nodeNo !== owner && table.passesOn(nodeNo) && !avoid.has(nodeNo);
  let best: Route | undefined;
  let frontier = new Map<number, Route>([[owner, { nodes: [owner], cost: 0 }]]);
  for (let hops = 1; hops <= maxHops && frontier.size > 0; hops++) {
    const next = new Map<number, Route>();
    for (const [at, route] of frontier) {
      for (const { to, cost } of table.edgesFrom(at)) {
        const longer = { nodes: [to, ...route.nodes], cost: route.cost + cost };
        if (to === from && (firstHops?.has(at) ?? true)) best = better(best, longer);
        else if (isBetween(to) && !route.nodes.includes(to)) next.set(to, better(next.get(to), longer));
      }
    }
    frontier = next;
  }
  return best;
}

/** What a way costs now. @returns undefined if one of its links is gone */
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
