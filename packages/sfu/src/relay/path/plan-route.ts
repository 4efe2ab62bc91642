/** Plans the route of a track to a node that wants it, with the reason: along the tree of the node's region, or the cheapest route. */
import { chooseRoute, MAX_HOPS, MAX_SHORT_HOPS, type Route, routeCost } from './choose-route.ts';
import type { LinkStateTable } from './link-state-table.ts';
import { ancestorsOf, depthOf, freeSlots, ownRegionSlots } from './region-tree.ts';
import { rendezvous, rendezvousOrder } from './rendezvous.ts';

/**
 * `region-root`: the next node brings the track into the region. `region-tree`: it passes the track on within the
 * region. `fan-out`: the next node on the cheapest route has no free slot, and another one passes the track on instead.
 */
export type RouteReason = 'only-way' | 'cheapest' | 'region-root' | 'region-tree' | 'fan-out';

export interface PlannedRoute extends Route {
  readonly reason: RouteReason;
}

/** What a neighbour has refused to pass on. */
export interface RefusedRoute {
  /** The route that it was asked for, from this neighbour to the owner. */
  readonly rest: readonly number[];
  /** The nodes to which it passes the track on, if it has no slot left. */
  readonly others: readonly number[];
}

export interface RouteWish {
  readonly from: number;
  readonly owner: number;
  readonly publicationId: string;
  /** Returns the region of a live node; undefined for an unknown one. */
  readonly regionOf: (nodeNo: number) => string | undefined;
  /** Nodes of earlier versions, which may not be on a route of more than `MAX_SHORT_HOPS`. */
  readonly older?: ReadonlySet<number>;
  /** Nodes that must not be intermediate. */
  readonly avoid?: ReadonlySet<number>;
  /** What neighbours have refused, by the neighbour. */
  readonly refusedBy?: ReadonlyMap<number, RefusedRoute>;
}

interface RestrictedWish extends RouteWish {
  /** If given, all intermediate nodes are among these. */
  readonly through?: ReadonlySet<number> | undefined;
}

/** The position of a node in the tree of its region. */
export interface RegionPlace {
  /** The nodes of the region through which the track arrives, nearest first; empty if it arrives from outside the region. */
  readonly ancestors: readonly number[];
  /** The most hops between the owner and the region's root, so that all nodes below the root have a route. */
  readonly maxHopsToRegion: number;
  /** The other nodes of the region, which a route into the region must not pass through. */
  readonly mates: readonly number[];
  /** The nodes that a route may pass through without bringing a second copy into any region; undefined for all. */
  readonly passable: ReadonlySet<number> | undefined;
  readonly reason: 'region-root' | 'region-tree';
}

/** The nodes that a region's tree consists of, as this node knows them. */
export interface RegionView {
  /** The nodes of a region that pass tracks on. */
  nodesOf(region: string): readonly number[];
  /** All regions with nodes that pass tracks on. */
  readonly regions: readonly string[];
  readonly regionCount: number;
  readonly maxFanOut: number;
}

/** @returns undefined if there is no route */
export function planRoute(table: LinkStateTable, wish: RouteWish, place: RegionPlace): PlannedRoute | undefined {
  const { maxHopsToRegion, mates, passable } = place;
  const aroundRegion = { ...wish, avoid: new Set([...(wish.avoid ?? []), ...mates]) };
  const byRoots = { ...aroundRegion, through: passable };
  return (
    downTheTree(table, byRoots, place) ??
    downTheTree(table, aroundRegion, place) ??
    instead(table, { ...wish, through: passable }) ??
    cheapest(table, byRoots, maxHopsToRegion) ??
    cheapest(table, aroundRegion, maxHopsToRegion) ??
    cheapest(table, wish, maxHopsToRegion) ??
    cheapest(table, wish, MAX_HOPS)
  );
}

/** @returns the node's position, which every node of the region computes alike from the same map */
export function placeInRegion(
  table: LinkStateTable,
  { from, owner, publicationId, regionOf, avoid, refusedBy }: RouteWish,
  view: RegionView,
): RegionPlace {
  const region = regionOf(from);
  if (region === undefined) return { ancestors: [], maxHopsToRegion: MAX_HOPS, mates: [], passable: undefined, reason: 'region-root' };
  const isOwners = region === regionOf(owner);
  const roots = isOwners ? ownRegionSlots(view.maxFanOut, view.regionCount) : 1;
  // A node that has lost its link to another considers it dead. If it is dead, the rest of the region does so at the
  // same moment.
  const linked = table.costsFrom(from);
  const nodeNos = view
    .nodesOf(region)
    .filter((nodeNo) => nodeNo !== owner && avoid?.has(nodeNo) !== true && (nodeNo === from || linked.has(nodeNo)));
  const depth = depthOf(nodeNos.length, roots, view.maxFanOut);
  const ancestors = depth === 0 ? [] : ancestorsOf({ publicationId, nodeNos, roots, fanOut: view.maxFanOut }, from);
  const isRefused = ancestors[0] !== undefined && refusedBy?.has(ancestors[0]) === true;
  return {
    ancestors: isRefused ? [] : ancestors,
    maxHopsToRegion: Math.max(1, MAX_HOPS - depth),
    mates: isOwners ? [] : nodeNos.filter((nodeNo) => nodeNo !== from),
    passable: new Set([
      ...passableNodes({ publicationId, owner, region, ownersRegion: regionOf(owner) }, view),
      ...(isOwners ? view.nodesOf(region) : []),
    ]),
    reason: isOwners || ancestors.length > 1 ? 'region-tree' : 'region-root',
  };
}

/** Asks which nodes of other regions a route may pass through. */
export interface PassageQuestion {
  readonly publicationId: string;
  readonly owner: number;
  /** The region that wants the track; the answer leaves its own nodes out. */
  readonly region: string | undefined;
  readonly ownersRegion: string | undefined;
}

/**
 * Other regions receive a track through the first node of their own order. A route through another node of such a
 * region would make that node a second root. In the owner's region, only the roots of the tree receive the track from
 * the owner. A root is also excluded if its own region may leave it too few slots for all regions that could be routed
 * through it.
 */
export function passableNodes({ publicationId, owner, region: own, ownersRegion }: PassageQuestion, view: RegionView): readonly number[] {
  const passable: number[] = [];
  for (const region of view.regions) {
    if (region === own) continue;
    const nodeNos = view.nodesOf(region).filter((nodeNo) => nodeNo !== owner);
    const rootCount = region === ownersRegion ? ownRegionSlots(view.maxFanOut, view.regionCount) : 1;
    const guests = Math.min(view.maxFanOut, view.regionCount - (region === ownersRegion ? 1 : 2));
    const roots = rootCount === 1 ? [rendezvous(publicationId, nodeNos)] : rendezvousOrder(publicationId, nodeNos).slice(0, rootCount);
    for (const [place, nodeNo] of roots.entries()) {
      if (nodeNo !== undefined && freeSlots(nodeNos.length, rootCount, place, view.maxFanOut) >= guests) passable.push(nodeNo);
    }
  }
  return passable;
}

function downTheTree(
  table: LinkStateTable,
  wish: RestrictedWish,
  { ancestors, maxHopsToRegion, reason }: RegionPlace,
): PlannedRoute | undefined {
  const root = ancestors.at(-1);
  const hopsLeft = MAX_HOPS - ancestors.length;
  if (root === undefined || hopsLeft < 1) return undefined;
  const below = [wish.from, ...ancestors.slice(0, -1)];
  const avoid = new Set([...(wish.avoid ?? []), ...below]);
  const { older, through } = wish;
  const onwards =
    chooseRoute(table, root, wish.owner, { maxHops: Math.min(maxHopsToRegion, hopsLeft), older, below, avoid, through }) ??
    chooseRoute(table, root, wish.owner, { maxHops: hopsLeft, older, below, avoid, through });
  if (onwards === undefined) return undefined;
  const nodes = [...below, ...onwards.nodes];
  const cost = routeCost(table, nodes);
  return cost === undefined ? undefined : { nodes, cost, reason };
}

/** @returns the nodes of a region that pass tracks on */
export function nodesIn(table: LinkStateTable, region: string, regionOf: RouteWish['regionOf']): readonly number[] {
  return table.all.flatMap(({ nodeNo }) => (regionOf(nodeNo) === region && table.passesOn(nodeNo) ? [nodeNo] : []));
}

function cheapest(table: LinkStateTable, wish: RestrictedWish, maxHops: number): PlannedRoute | undefined {
  const { from, owner, older, through } = wish;
  const avoid = new Set([...(wish.avoid ?? []), ...(wish.refusedBy?.keys() ?? [])]);
  const isOwnerClosed = wish.refusedBy?.has(owner) ?? false;
  const route = chooseRoute(table, from, owner, { maxHops, older, avoid, through, notFirst: isOwnerClosed ? owner : undefined });
  if (route === undefined) return undefined;
  const others = chooseRoute(table, from, owner, {
    maxHops,
    older,
    avoid: new Set([...avoid, ...route.nodes.slice(1, -1)]),
    through,
    notFirst: route.nodes[1],
    isAnyEnough: true,
  });
  return { ...route, reason: others === undefined ? 'only-way' : 'cheapest' };
}

/**
 * Returns the best route through a node that already receives the track from a neighbour without a free slot. From there it continues along
 * the refused route: a node attaches nothing to a leg whose route is longer than the requested one, so a shorter continuation would cause a
 * second copy. A node of the same region comes first, then one at which the track enters its region, then the cheapest.
 */
function instead(table: LinkStateTable, { from, refusedBy, avoid, older, regionOf, through }: RestrictedWish): PlannedRoute | undefined {
  let best: PlannedRoute | undefined;
  let bestRank = Number.POSITIVE_INFINITY;
  for (const { rest, others } of refusedBy?.values() ?? []) {
    for (const other of others) {
      const nodes = [from, other, ...rest];
      const maxHops = older !== undefined && nodes.some((nodeNo) => older.has(nodeNo)) ? MAX_SHORT_HOPS : MAX_HOPS;
      if (refusedBy?.has(other) === true || avoid?.has(other) === true || !table.passesOn(other)) continue;
      if (nodes.length > maxHops + 1 || new Set(nodes).size < nodes.length) continue;
      const cost = routeCost(table, nodes);
      const rank = regionOf(other) === regionOf(from) ? 0 : through?.has(other) === false ? 2 : 1;
      if (cost === undefined || rank > bestRank || (rank === bestRank && best !== undefined && cost >= best.cost)) continue;
      best = { nodes, cost, reason: 'fan-out' };
      bestRank = rank;
    }
  }
  return best;
}
