/** The way of a track to a node that wants it, with the reason: through the hub of the node's region, or the cheapest. */
import { chooseRoute, MAX_HOPS, type Route, routeCost } from './choose-route.ts';
import type { LinkStateTable } from './link-state-table.ts';
import { rendezvous } from './rendezvous.ts';

/** `fan-out`: the next node on the cheapest way has no room, and another one passes the track on in its stead. */
export type RouteReason = 'only-way' | 'cheapest' | 'region-hub' | 'fan-out';

export interface PlannedRoute extends Route {
  readonly reason: RouteReason;
}

export interface RouteWish {
  readonly from: number;
  readonly owner: number;
  readonly publicationId: string;
  /** Region of a live node; undefined for one that is not known. */
  readonly regionOf: (nodeNo: number) => string | undefined;
  /** Nodes that must not stand between. */
  readonly avoid?: ReadonlySet<number>;
  /** Nodes next to this one that would not pass the track on, each with those that may do it in its stead. */
  readonly refusedBy?: ReadonlyMap<number, readonly number[]>;
}

/**
 * @param hub as `hubOf` says
 * @returns undefined if there is no way
 */
export function planRoute(table: LinkStateTable, wish: RouteWish, hub = hubOf(table, wish)): PlannedRoute | undefined {
  const throughHub = hub === undefined || hub === wish.from ? undefined : routeThrough(table, wish, hub);
  if (throughHub !== undefined) return { ...throughHub, reason: 'region-hub' };
  // A hub keeps a hop free for those behind it, so that their way is the continuation of its own.
  const maxHops = hub === wish.from ? MAX_HOPS - 1 : MAX_HOPS;
  return instead(table, wish) ?? cheapest(table, wish, maxHops) ?? cheapest(table, wish, MAX_HOPS);
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

/** First hops other than that of the route. */
function otherFirstHops(table: LinkStateTable, { nodes: [from = 0, firstHop] }: Route): { readonly firstHops: ReadonlySet<number> } {
  return { firstHops: neighboursBut(table, from, firstHop) };
}

/** Behind one of those that have the track from a node without room. */
function instead(table: LinkStateTable, wish: RouteWish): PlannedRoute | undefined {
  const firstHops = new Set([...(wish.refusedBy?.values() ?? [])].flat());
  for (const refused of wish.refusedBy?.keys() ?? []) firstHops.delete(refused);
  firstHops.delete(wish.from);
  if (firstHops.size === 0) return undefined;
  const route = chooseRoute(table, wish.from, wish.owner, { firstHops, ...(wish.avoid && { avoid: wish.avoid }) });
  return route && { ...route, reason: 'fan-out' };
}

/**
 * @param nodesOf the nodes of a region that pass tracks on
 * @returns the node that brings the track into the region, if that is another region than the owner's and has several nodes
 */
export function hubOf(
  table: LinkStateTable,
  { from, owner, publicationId, regionOf, avoid, refusedBy }: RouteWish,
  nodesOf = (region: string) => nodesIn(table, region, regionOf),
): number | undefined {
  const region = regionOf(from);
  if (region === undefined || region === regionOf(owner)) return undefined;
  const all = nodesOf(region);
  const candidates = avoid === undefined ? all : all.filter((nodeNo) => !avoid.has(nodeNo));
  const hub = candidates.length < 2 ? undefined : rendezvous(publicationId, candidates);
  return hub !== undefined && refusedBy?.has(hub) ? undefined : hub;
}

/** @returns the nodes of a region that pass tracks on */
export function nodesIn(table: LinkStateTable, region: string, regionOf: RouteWish['regionOf']): readonly number[] {
  return table.all.flatMap(({ nodeNo }) => (regionOf(nodeNo) === region && table.passesOn(nodeNo) ? [nodeNo] : []));
}

function routeThrough(table: LinkStateTable, { from, owner, avoid = new Set() }: RouteWish, hub: number): Route | undefined {
  const onwards = chooseRoute(table, hub, owner, { maxHops: MAX_HOPS - 1, avoid: new Set([...avoid, from]) });
  if (onwards === undefined) return undefined;
  const nodes = [from, ...onwards.nodes];
  const cost = routeCost(table, nodes);
  return cost === undefined ? undefined : { nodes, cost };
}
