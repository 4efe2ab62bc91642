/** Plans the route of a track to a node that wants it, with the reason: along the tree of the node's region, or the cheapest route. */
import { chooseRoute, MAX_HOPS, type Route, routeCost } from './choose-route.ts';
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

export interface RouteWish {
  readonly from: number;
  readonly owner: number;
  readonly publicationId: string;
  /** Returns the region of a live node; undefined for an unknown one. */
  readonly regionOf: (nodeNo: number) => string | undefined;
  /** Nodes that must not be intermediate. */
  readonly avoid?: ReadonlySet<number>;
  /** Neighbours that refused to pass the track on, each with the nodes that may do it instead. */
  readonly refusedBy?: ReadonlyMap<number, readonly number[]>;
}

/** The position of a node in the tree of its region. */
export interface RegionPlace {
  /** The nodes of the region through which the track arrives, nearest first; empty if it arrives from outside the region. */
  readonly ancestors: readonly number[];
  /** The most hops between the owner and the region's root, so that all nodes below the root have a route. */
  readonly maxHopsToRegion: number;
  /** The other nodes of the region, which a route into the region must not pass through. */
  readonly mates: readonly number[];
  /** Nodes of third regions that are not roots there. A route through one of them would bring in a second copy. */
  readonly strays: ReadonlySet<number>;
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
  const { maxHopsToRegion, mates, strays } = place;
  const aroundRegion = { ...wish, avoid: new Set([...(wish.avoid ?? []), ...mates]) };
  const byHubs = { ...wish, avoid: new Set([...aroundRegion.avoid, ...strays]) };
  return (
    downTheTree(table, byHubs, place) ??
    downTheTree(table, aroundRegion, place) ??
    instead(table, wish) ??
    cheapest(table, byHubs, maxHopsToRegion) ??
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
  if (region === undefined) return { ancestors: [], maxHopsToRegion: MAX_HOPS, mates: [], strays: new Set(), reason: 'region-root' };
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
    strays: straysOf({ publicationId, owner, region, ownersRegion: regionOf(owner) }, view),
    reason: isOwners || ancestors.length > 1 ? 'region-tree' : 'region-root',
  };
}

/** Asks which nodes a route must not pass through. */
export interface StrayQuestion {
  readonly publicationId: string;
  readonly owner: number;
  /** The region that wants the track; its own nodes are not excluded. */
  readonly region: string | undefined;
  readonly ownersRegion: string | undefined;
}

/**
 * Other regions receive a track through the first node of their own order. A route through another node of such a
 * region would make that node a second root. In the owner's region, only the roots of the tree receive the track from
 * the owner. A root is also excluded if its own region may leave it too few slots for all regions that could be routed
 * through it.
 */
export function straysOf({ publicationId, owner, region: own, ownersRegion }: StrayQuestion, view: RegionView): ReadonlySet<number> {
  const strays = new Set<number>();
  for (const region of view.regions) {
    if (region === own) continue;
    const nodeNos = view.nodesOf(region).filter((nodeNo) => nodeNo !== owner);
    const rootCount = region === ownersRegion ? ownRegionSlots(view.maxFanOut, view.regionCount) : 1;
    const guests = Math.min(view.maxFanOut, view.regionCount - (region === ownersRegion ? 1 : 2));
    const roots = rootCount === 1 ? [rendezvous(publicationId, nodeNos)] : rendezvousOrder(publicationId, nodeNos).slice(0, rootCount);
    for (const nodeNo of nodeNos) {
      const place = roots.indexOf(nodeNo);
      if (place === -1 || freeSlots(nodeNos.length, rootCount, place, view.maxFanOut) < guests) strays.add(nodeNo);
    }
  }
  return strays;
}

function downTheTree(
  table: LinkStateTable,
  wish: RouteWish,
  { ancestors, maxHopsToRegion, reason }: RegionPlace,
): PlannedRoute | undefined {
  const root = ancestors.at(-1);
  const hopsLeft = MAX_HOPS - ancestors.length;
  if (root === undefined || hopsLeft < 1) return undefined;
  const below = [wish.from, ...ancestors.slice(0, -1)];
  const avoid = new Set([...(wish.avoid ?? []), ...below]);
  const onwards =
    chooseRoute(table, root, wish.owner, { maxHops: Math.min(maxHopsToRegion, hopsLeft), avoid }) ??
    chooseRoute(table, root, wish.owner, { maxHops: hopsLeft, avoid });
  if (onwards === undefined) return undefined;
  const nodes = [...below, ...onwards.nodes];
  const cost = routeCost(table, nodes);
  return cost === undefined ? undefined : { nodes, cost, reason };
}

/** @returns the nodes of a region that pass tracks on */
export function nodesIn(table: LinkStateTable, region: string, regionOf: RouteWish['regionOf']): readonly number[] {
  return table.all.flatMap(({ nodeNo }) => (regionOf(nodeNo) === region && table.passesOn(nodeNo) ? [nodeNo] : []));
}

function cheapest(table: LinkStateTable, wish: RouteWish, maxHops: number): PlannedRoute | undefined {
  const { from, owner } = wish;
  const avoid = new Set([...(wish.avoid ?? []), ...(wish.refusedBy?.keys() ?? [])]);
  const isOwnerClosed = wish.refusedBy?.has(owner) ?? false;
  const firstHops = isOwnerClosed ? neighboursBut(table, from, owner) : undefined;
  const route = chooseRoute(table, from, owner, { maxHops, avoid, ...(firstHops && { firstHops }) });
  if (route === undefined) return undefined;
  const others = chooseRoute(table, from, owner, {
    maxHops,
    avoid: new Set([...avoid, ...route.nodes.slice(1, -1)]),
    ...otherFirstHops(table, route),
    isAnyEnough: true,
  });
  return { ...route, reason: others === undefined ? 'only-way' : 'cheapest' };
}

function neighboursBut(table: LinkStateTable, nodeNo: number, left: number | undefined): ReadonlySet<number> {
  const neighbours = new Set(table.costsFrom(nodeNo).keys());
  if (left !== undefined) neighbours.delete(left);
  return neighbours;
}

/** Returns the first hops other than that of the route. */
function otherFirstHops(table: LinkStateTable, { nodes: [from = 0, firstHop] }: Route): { readonly firstHops: ReadonlySet<number> } {
  return { firstHops: neighboursBut(table, from, firstHop) };
}

/** Returns a route behind a node that receives the track from a node without a free slot. */
function instead(table: LinkStateTable, wish: RouteWish): PlannedRoute | undefined {
  const firstHops = new Set([...(wish.refusedBy?.values() ?? [])].flat());
  for (const refused of wish.refusedBy?.keys() ?? []) firstHops.delete(refused);
  firstHops.delete(wish.from);
  if (firstHops.size === 0) return undefined;
  const route = chooseRoute(table, wish.from, wish.owner, { firstHops, ...(wish.avoid && { avoid: wish.avoid }) });
  return route && { ...route, reason: 'fan-out' };
}
