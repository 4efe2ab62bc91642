/**
 * Chooses the route of a track from the node that owns it. The result depends only on the known links and is the same
 * on every node that knows them, so that routes of several nodes overlap where possible.
 */
import { HOP_COST } from './link-quality.ts';
import type { LinkStateTable } from './link-state-table.ts';

/** Enough for a route through the root of its region, two gateways, and a root of the owner's region. */
export const MAX_HOPS = 5;
/** The most hops of a route on which any node speaks a version of the link protocol before `LONG_ROUTES_VERSION`. */
export const MAX_SHORT_HOPS = 3;

export interface Route {
  /** The nodes from the one that wants the track to its owner. Like all routes, this is against the direction of the media. */
  readonly nodes: readonly number[];
  readonly cost: number;
}

export interface RouteRestrictions {
  readonly maxHops?: number;
  /** Nodes of earlier versions, which may not be on a route of more than `MAX_SHORT_HOPS`. */
  readonly older?: ReadonlySet<number> | undefined;
  /** The nodes of a longer route of which this one is the end, before `from`. They count as hops of it. */
  readonly below?: readonly number[];
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
  const { older, avoid, below = [], maxHops = MAX_HOPS - below.length, isAnyEnough = false } = restrictions;
  if (older === undefined || older.size === 0) return new RouteSearch(table, from, owner, restrictions).search(maxHops);
  const shortHops = Math.min(maxHops, MAX_SHORT_HOPS - below.length);
  const short = new RouteSearch(table, from, owner, restrictions).search(shortHops);
  const hasOlderEnd = [from, owner, ...below].some((nodeNo) => older.has(nodeNo));
  if (maxHops <= shortHops || hasOlderEnd || (isAnyEnough && short !== undefined)) return short;
  const around = { ...restrictions, avoid: avoid === undefined ? older : new Set([...avoid, ...older]) };
  const long = new RouteSearch(table, from, owner, around).search(maxHops);
  return short === undefined || (long !== undefined && long.cost < short.cost) ? long : short;
}

/** The cheapest way from the owner to a node with a certain number of hops; fewer hops would cost more. */
interface Way {
  readonly nodeNo: number;
  readonly cost: number;
  readonly hops: number;
  readonly before: Way | undefined;
}

/**
 * Extends the ways from the owner hop by hop, as Bellman and Ford do. Every hop costs at least `HOP_COST`, so most ways soon cost more than
 * a route that is already found.
 */
class RouteSearch {
  readonly #table: LinkStateTable;
  readonly #from: number;
  readonly #restrictions: RouteRestrictions;
  /** Whether a node may be intermediate, for the nodes that a way has reached. */
  readonly #between = new Map<number, boolean>();
  /** The nodes that may be intermediate, if they are restricted. */
  readonly #through: readonly number[] | undefined;
  /** The best way so far to each node. */
  readonly #ways = new Map<number, Way>();
  readonly #start: Way;
  #best: Way | undefined = undefined;

  constructor(table: LinkStateTable, from: number, owner: number, restrictions: RouteRestrictions) {
    this.#table = table;
    this.#from = from;
    this.#restrictions = restrictions;
    this.#between.set(from, false).set(owner, false);
    this.#through = restrictions.through && [...restrictions.through].filter((nodeNo) => this.#isBetween(nodeNo));
    this.#start = { nodeNo: owner, cost: 0, hops: 0, before: undefined };
  }

  search(maxHops: number): Route | undefined {
    let newest: readonly Way[] = [this.#start];
    for (let hops = 1; hops <= maxHops && newest.length > 0; hops++) {
      for (const way of newest) this.#arrive(way);
      if (hops === maxHops || (this.#restrictions.isAnyEnough === true && this.#best !== undefined)) break;
      newest = this.#extend(newest);
    }
    return this.#best && { nodes: nodesOf(this.#best), cost: this.#best.cost };
  }

  /** Takes the last hop from the end of a way to the node that wants the track. */
  #arrive(before: Way): void {
    const { firstHops, notFirst } = this.#restrictions;
    const { nodeNo, cost, hops } = before;
    if (nodeNo === notFirst || firstHops?.has(nodeNo) === false) return;
    const lastCost = this.#table.costsFrom(nodeNo).get(this.#from);
    if (lastCost === undefined) return;
    const arrived = { nodeNo: this.#from, cost: cost + lastCost, hops: hops + 1, before };
    if (this.#best === undefined || isBetter(arrived, this.#best)) this.#best = arrived;
  }

  /** @returns the ways that have one more hop and are worth extending */
  #extend(ways: readonly Way[]): readonly Way[] {
    const reached = new Map<number, Way>();
    for (const way of ways) {
      if (this.#isTooDear(way.cost + HOP_COST)) continue;
      const costs = this.#table.costsFrom(way.nodeNo);
      if (this.#through === undefined) for (const [nodeNo, cost] of costs) this.#reach(way, nodeNo, cost, reached);
      else for (const nodeNo of this.#through) this.#reach(way, nodeNo, costs.get(nodeNo), reached);
    }
    return [...reached.values()];
  }

  #reach(before: Way, nodeNo: number, linkCost: number | undefined, reached: Map<number, Way>): void {
    if (linkCost === undefined) return;
    const cost = before.cost + linkCost;
    if (this.#isTooDear(cost)) return;
    const known = this.#ways.get(nodeNo);
    if (known !== undefined && known.cost < cost) return;
    const way = { nodeNo, cost, hops: before.hops + 1, before };
    if ((known !== undefined && !isBetter(way, known)) || !this.#isBetween(nodeNo)) return;
    this.#ways.set(nodeNo, way);
    reached.set(nodeNo, way);
  }

  /** Whether a way cannot become the best route with at least one more hop. */
  #isTooDear(cost: number): boolean {
    return this.#best !== undefined && cost + HOP_COST >= this.#best.cost;
  }

  #isBetween(nodeNo: number): boolean {
    const known = this.#between.get(nodeNo);
    if (known !== undefined) return known;
    const isBetween = this.#table.passesOn(nodeNo) && this.#restrictions.avoid?.has(nodeNo) !== true;
    this.#between.set(nodeNo, isBetween);
    return isBetween;
  }
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

/** Whether one way is better than another to the same node. */
function isBetter(one: Way, other: Way): boolean {
  if (one.cost !== other.cost) return one.cost < other.cost;
  if (one.hops !== other.hops) return one.hops < other.hops;
  let [left, right] = [one.before, other.before];
  while (left !== undefined && right !== undefined && left.nodeNo === right.nodeNo) [left, right] = [left.before, right.before];
  return (left?.nodeNo ?? 0) < (right?.nodeNo ?? 0);
}

function nodesOf(arrived: Way): readonly number[] {
  const nodes: number[] = [];
  for (let way: Way | undefined = arrived; way !== undefined; way = way.before) nodes.push(way.nodeNo);
  return nodes;
}
