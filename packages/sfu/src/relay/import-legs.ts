/**
 * The legs on which one publication of another node arrives, and what each is worth beside the others. There is at most
 * one from each neighbour.
 */
import type { ImportLeg } from './import-leg.ts';
import type { PlannedRoute } from './path/plan-route.ts';
import type { RouteFinder } from './path/route-finder.ts';

export class ImportLegs<Numbers> {
  readonly all = new Set<ImportLeg<Numbers>>();
  /** Feeds the subscribers of this node. */
  local: ImportLeg<Numbers> | undefined = undefined;
  /** Will feed them, once it delivers something. */
  next: ImportLeg<Numbers> | undefined = undefined;
  readonly #publicationId: string;
  readonly #routes: RouteFinder;

  constructor(publicationId: string, routes: RouteFinder) {
    this.#publicationId = publicationId;
    this.#routes = routes;
  }

  /** The leg that carries replies from this node and the nodes behind it. */
  get inUse(): ImportLeg<Numbers> | undefined {
    return this.local ?? this.forOthers;
  }

  /** A leg that other nodes are attached to. */
  get forOthers(): ImportLeg<Numbers> | undefined {
    return [...this.all].find(({ exports }) => exports.size > 0);
  }

  from(firstHop: number | undefined): ImportLeg<Numbers> | undefined {
    return [...this.all].find((leg) => leg.firstHop === firstHop);
  }

  isInterrupted({ route }: ImportLeg<Numbers>): boolean {
    return this.#routes.cost(route) === undefined;
  }

  /** @returns the leg that a relay further downstream attaches to best; `rest` is its route from this node on */
  fitting(rest: readonly number[], requester: number): ImportLeg<Numbers> | undefined {
    const fitting = [...this.all].filter((leg) => leg.canFeed(rest, requester) && !this.isInterrupted(leg));
    return fitting.find(({ route }) => route.join() === rest.join()) ?? fitting.find((leg) => leg === this.local) ?? fitting[0];
  }

  /** @returns the legs that deliver packets, those with the fewest hops first, and of these the local one */
  feeding(): readonly ImportLeg<Numbers>[] {
    const feeding = [...this.all].filter((leg) => leg.state === 'accepted' && leg.isActive && !this.isInterrupted(leg));
    return feeding.sort((one, other) => one.route.length - other.route.length || Number(other === this.local) - Number(one === this.local));
  }

  /**
   * What the local leg costs in comparison with a planned route. Its own route's cost is not all: a copy is expensive
   * whatever its route costs if another one enters this node, its region, or another region on its way, in any case.
   *
   * @param currentCost of the route of the local leg; undefined if it is interrupted, or there is none
   */
  priceOf(currentCost: number | undefined, { nodes, reason }: PlannedRoute): number | undefined {
    if (currentCost === undefined) return undefined;
    const [, firstHop] = nodes;
    const shared = this.from(firstHop);
    const isBesideOwn = shared !== undefined && shared !== this.local && !this.isInterrupted(shared);
    const current = this.local?.route ?? [];
    // In the owner's region, the owner's slots are for the roots of the region's tree.
    const isPastTree = reason === 'region-tree' && current.length === 2 && nodes.length > 2;
    return isBesideOwn || isPastTree || this.#isSecondCopy(current, nodes) ? Number.POSITIVE_INFINITY : currentCost;
  }

  /**
   * Whether a leg that other nodes are attached to brings a second copy into a region, and one with a planned route
   * would not, and could replace it: it is not longer than they rely on, leads through none of them, and starts at a
   * neighbour from which there is no leg yet.
   */
  isReplaceable({ route, exports }: ImportLeg<Numbers>, { nodes }: PlannedRoute): boolean {
    if (nodes.length > route.length || this.from(nodes[1]) !== undefined || this.#routes.cost(route) === undefined) return false;
    return this.#isSecondCopy(route, nodes) && ![...exports].some(({ requester }) => nodes.includes(requester));
  }

  #isSecondCopy(current: readonly number[], planned: readonly number[]): boolean {
    const isBesideRegions = !this.#isFromRegion(current[1]) && this.#isFromRegion(planned[1]);
    const isStray = (nodes: readonly number[]) => this.#routes.isStray(nodes, planned, this.#publicationId);
    return isBesideRegions || (isStray(current) && !isStray(planned));
  }

  /** Whether a leg bypasses this region's own copy, on which the local one arrives. */
  bypassesRegion(leg: ImportLeg<Numbers>): boolean {
    return this.#isFromRegion(this.local?.firstHop) && !this.#isFromRegion(leg.firstHop);
  }

  #isFromRegion(nodeNo: number | undefined): boolean {
    return nodeNo !== undefined && this.#routes.regionOf(nodeNo) === this.#routes.regionOf(this.#routes.selfNo);
  }
}
