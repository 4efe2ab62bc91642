/**
 * The legs on which one publication of another node arrives, and how they compare with each other and with other
 * routes. There is at most one leg from each neighbour.
 */
import type { FedExport, ImportLeg } from './import-leg.ts';
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

  /** @returns the leg that a relay further downstream attaches to best */
  fitting(fed: FedExport): ImportLeg<Numbers> | undefined {
    const fitting = [...this.all].filter((leg) => leg.canFeed(fed) && !this.isInterrupted(leg));
    return fitting.find(({ route }) => route.join() === fed.rest.join()) ?? fitting.find((leg) => leg === this.local) ?? fitting[0];
  }

  /** @returns the legs that deliver packets, those with the fewest hops first, and of these the local one */
  feeding(): readonly ImportLeg<Numbers>[] {
    const feeding = [...this.all].filter((leg) => leg.state === 'accepted' && leg.isActive && !this.isInterrupted(leg));
    return feeding.sort((one, other) => one.route.length - other.route.length || Number(other === this.local) - Number(one === this.local));
  }

  /**
   * What the local leg costs in comparison with a planned route. That is usually the cost of its own route. It is
   * Infinity if the leg is a second copy where one is enough (in this node, its region, or a region on the way), or takes
   * a slot in the region's tree that belongs to another node.
   *
   * @param currentCost of the route of the local leg; undefined if it is interrupted, or there is none
   */
  priceOf(currentCost: number | undefined, planned: PlannedRoute): number | undefined {
    if (currentCost === undefined) return undefined;
    const shared = this.from(planned.nodes[1]);
    const isBesideOwn = shared !== undefined && shared !== this.local && !this.isInterrupted(shared);
    return isBesideOwn || this.#isMisplaced(this.local?.route ?? [], planned) ? Number.POSITIVE_INFINITY : currentCost;
  }

  /**
   * Whether a leg that other nodes are attached to brings a second copy into a region or leaves the region's tree, and
   * one with a planned route would not, and could replace it: it is not longer than they rely on, leads through none of
   * them, and starts at a neighbour from which there is no leg yet.
   */
  isReplaceable({ route, exports }: ImportLeg<Numbers>, planned: PlannedRoute): boolean {
    const { nodes } = planned;
    if (this.from(nodes[1]) !== undefined || this.#routes.cost(route) === undefined || !this.#isMisplaced(route, planned)) return false;
    return [...exports].every(({ requester, rest }) => nodes.length <= rest.length && !nodes.includes(requester));
  }

  /**
   * Whether the current route passes through other nodes of this region than the planned one, which follows the region's
   * tree. It then enters the region elsewhere, or takes a slot that belongs to a child of another node.
   */
  leavesTree(current: readonly number[], { nodes, reason }: PlannedRoute): boolean {
    if (reason !== 'region-tree' && reason !== 'region-root') return false;
    return this.#pathInRegion(current).join() !== this.#pathInRegion(nodes).join();
  }

  #isMisplaced(current: readonly number[], planned: PlannedRoute): boolean {
    const { nodes } = planned;
    const isBesideRegions = !this.#isFromRegion(current[1]) && this.#isFromRegion(nodes[1]);
    const isStray = this.#isStray(current, planned) && !this.#isStray(nodes, planned);
    return isBesideRegions || this.leavesTree(current, planned) || isStray;
  }

  #isStray(route: readonly number[], { nodes }: PlannedRoute): boolean {
    return this.#routes.isStray(route, nodes, this.#publicationId);
  }

  /** @returns the nodes of a route before the first one outside this region */
  #pathInRegion(route: readonly number[]): readonly number[] {
    const outside = route.findIndex((nodeNo) => !this.#isFromRegion(nodeNo));
    return outside === -1 ? route : route.slice(0, outside);
  }

  /**
   * Whether a leg bypasses this region's own copy, on which the local one arrives, or a tree that the local one follows:
   * that of this region or, on the way, that of another one.
   */
  bypassesTree({ route, firstHop }: ImportLeg<Numbers>): boolean {
    if (this.local === undefined) return false;
    if (this.#isFromRegion(this.local.firstHop) && !this.#isFromRegion(firstHop)) return true;
    const planned = this.#routes.plan(route.at(-1) ?? Number.NaN, this.#publicationId, new Map());
    if (planned === undefined) return false;
    const leaves = (nodes: readonly number[]) => this.leavesTree(nodes, planned) || this.#isStray(nodes, planned);
    return leaves(route) && !leaves(this.local.route);
  }

  #isFromRegion(nodeNo: number | undefined): boolean {
    return nodeNo !== undefined && this.#routes.regionOf(nodeNo) === this.#routes.regionOf(this.#routes.selfNo);
  }
}
