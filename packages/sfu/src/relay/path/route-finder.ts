import type { NodeDirectory, NodeRecord } from '../../nodes/index.ts';
import { LONG_ROUTES_VERSION } from '../links/control-messages.ts';
import { chooseRoute, type Route, routeCost } from './choose-route.ts';
import type { LinkQuality } from './link-quality.ts';
import type { LinkStateTable } from './link-state-table.ts';
import { nodesIn, type PlannedRoute, passableNodes, placeInRegion, planRoute, type RefusedRoute, type RegionView } from './plan-route.ts';
import { ancestorsOf, childrenOf, ownRegionSlots, type RegionTree } from './region-tree.ts';
import { rendezvousOrder } from './rendezvous.ts';

/** More tracks than a node ever imports. */
const MAX_PLANNED = 20_000;

/** Finds routes from this node to the owners of tracks, by the link states reported so far. */
export class RouteFinder implements RegionView {
  /** The number of neighbours to which a node passes one track on. */
  readonly maxFanOut: number;
  readonly #nodes: NodeDirectory;
  readonly #table: LinkStateTable;
  /** Routes planned since the table last changed, by publication. */
  readonly #planned = new Map<string, PlannedRoute | undefined>();
  /** Cheapest routes regardless of regions, by owner. */
  readonly #cheapest = new Map<number, Route | undefined>();
  /** The nodes of each region that pass tracks on. */
  readonly #regions = new Map<string, readonly number[]>();
  #regionCount = 0;
  /** Nodes that refuse long routes, or may do so; undefined until a route is planned. */
  #older: ReadonlySet<number> | undefined = undefined;
  #plannedRevision = -1;
  #regionsRevision = -1;
  readonly #unwatch: () => void;

  constructor(nodes: NodeDirectory, table: LinkStateTable, maxFanOut: number) {
    this.maxFanOut = maxFanOut;
    this.#nodes = nodes;
    this.#table = table;
    const placed = new Map(nodes.others.map((record) => [record.nodeNo, placeOf(record)]));
    this.#unwatch = nodes.watch({
      onNodePut: (record) => {
        // A record changes whenever its node reports its load.
        if (placed.get(record.nodeNo) === placeOf(record)) return;
        placed.set(record.nodeNo, placeOf(record));
        this.#forgetRegions();
      },
      onNodeGone: ({ nodeNo }) => {
        placed.delete(nodeNo);
        this.#forgetRegions();
      },
    });
  }

  close(): void {
    this.#unwatch();
  }

  get selfNo(): number {
    return this.#nodes.self.nodeNo;
  }

  /** @param refusedBy what neighbours refused */
  plan(owner: number, publicationId: string, refusedBy: ReadonlyMap<number, RefusedRoute>): PlannedRoute | undefined {
    const regionOf = (nodeNo: number) => this.regionOf(nodeNo);
    const wish = { from: this.selfNo, owner, publicationId, regionOf, older: this.#olderNodes(), refusedBy };
    const plan = () => planRoute(this.#table, wish, placeInRegion(this.#table, wish, this));
    return refusedBy.size > 0 ? plan() : this.#remembered(`${owner} ${publicationId}`, plan);
  }

  /**
   * Whether a route passes through a third region by a node other than that region's root for the track, or through
   * this node's region by nodes that are not in its tree there.
   *
   * @param planned the route that follows the tree
   */
  isStray(nodes: readonly number[], planned: readonly number[], publicationId: string): boolean {
    const between = nodes.slice(1, -1);
    if (between.length === 0) return false;
    const owner = nodes.at(-1) ?? Number.NaN;
    const [region, ownersRegion] = [this.regionOf(this.selfNo), this.regionOf(owner)];
    if (region !== ownersRegion && between.some((nodeNo) => this.regionOf(nodeNo) === region && !planned.includes(nodeNo))) return true;
    const others = between.filter((nodeNo) => ![region, undefined].includes(this.regionOf(nodeNo)));
    if (others.length === 0) return false;
    const passable = passableNodes({ publicationId, owner, region, ownersRegion }, this);
    return others.some((nodeNo) => !passable.includes(nodeNo));
  }

  get regions(): readonly string[] {
    const { self, others } = this.#nodes;
    return [...new Set([self, ...others].map(({ region }) => region))];
  }

  nodesOf(region: string): readonly number[] {
    this.#forgetIfChanged();
    const known = this.#regions.get(region);
    if (known !== undefined) return known;
    const nodeNos = nodesIn(this.#table, region, (nodeNo) => this.regionOf(nodeNo));
    this.#regions.set(region, nodeNos);
    return nodeNos;
  }

  /** The number of regions with live nodes. */
  get regionCount(): number {
    if (this.#regionCount === 0) {
      this.#regionCount = this.regions.length;
    }
    return this.#regionCount;
  }

  /** Returns how many nodes of its own region this node may have to feed with another node's track. */
  childrenOf(publicationId: string, owner: number): number {
    const tree = this.#treeAround(this.selfNo, publicationId, owner);
    return tree === undefined ? 0 : childrenOf(tree, this.selfNo);
  }

  /** @returns the node of its own region that feeds a node, as the latter computes it; undefined for a root */
  parentOf(publicationId: string, owner: number, nodeNo: number): number | undefined {
    const tree = this.#treeAround(nodeNo, publicationId, owner);
    if (tree === undefined) return undefined;
    const linked = this.#table.costsFrom(nodeNo);
    const nodeNos = tree.nodeNos.filter((each) => each === nodeNo || linked.has(each));
    return ancestorsOf({ ...tree, nodeNos }, nodeNo)[0];
  }

  /** Whether a node is a root of its region's tree, one of those that receive the track from outside. */
  isRoot(publicationId: string, owner: number, nodeNo: number): boolean {
    const tree = this.#treeAround(nodeNo, publicationId, owner);
    return tree !== undefined && rendezvousOrder(publicationId, tree.nodeNos).slice(0, tree.roots).includes(nodeNo);
  }

  /** @returns the tree of a track in the region of a node; undefined if that is unknown */
  #treeAround(nodeNo: number, publicationId: string, owner: number): RegionTree | undefined {
    const region = this.regionOf(nodeNo);
    if (region === undefined) return undefined;
    const nodeNos = this.nodesOf(region).filter((each) => each !== owner);
    const roots = region === this.regionOf(owner) ? this.ownRegionSlots : 1;
    return { publicationId, nodeNos, roots, fanOut: this.maxFanOut };
  }

  /** The number of nodes of this node's region that receive this node's tracks from it directly. */
  get ownRegionSlots(): number {
    return ownRegionSlots(this.maxFanOut, this.regionCount);
  }

  /**
   * Returns the cheapest route, regardless of regions. Use it where each intermediate node continues along its own best
   * route: the remaining cost falls with every hop, so no two nodes wait for each other.
   *
   * @returns undefined if there is none
   */
  cheapest(owner: number): Route | undefined {
    this.#forgetIfChanged();
    if (!this.#cheapest.has(owner)) this.#cheapest.set(owner, chooseRoute(this.#table, this.selfNo, owner, { older: this.#olderNodes() }));
    return this.#cheapest.get(owner);
  }

  /** @returns the cheapest route that begins with a node other than the given one; undefined if there is none */
  alternative(owner: number, firstHop: number): Route | undefined {
    return chooseRoute(this.#table, this.selfNo, owner, { older: this.#olderNodes(), notFirst: firstHop });
  }

  /** @returns undefined if one of its links is gone */
  cost(nodes: readonly number[]): number | undefined {
    return routeCost(this.#table, nodes);
  }

  /** Whether the intermediate nodes still pass tracks on: draining nodes soon stop. */
  isLasting(nodes: readonly number[]): boolean {
    return nodes.slice(1, -1).every((nodeNo) => this.#table.passesOn(nodeNo));
  }

  /** Quality of the link over which one node sends to another. */
  quality(from: number, to: number): LinkQuality | undefined {
    return this.#table.edge(from, to)?.quality;
  }

  regionOf(nodeNo: number): string | undefined {
    return this.#nodes.find(nodeNo)?.region;
  }

  /** A node that is not in the directory may have any version. */
  #olderNodes(): ReadonlySet<number> {
    this.#forgetIfChanged();
    this.#older ??= new Set(this.#table.all.flatMap(({ nodeNo }) => (this.#takesLongRoutes(nodeNo) ? [] : [nodeNo])));
    return this.#older;
  }

  #takesLongRoutes(nodeNo: number): boolean {
    return (this.#nodes.find(nodeNo)?.linkVersions.max ?? 0) >= LONG_ROUTES_VERSION;
  }

  /** Planned routes followed the trees of the regions known at that time. */
  #forgetRegions(): void {
    this.#older = undefined;
    this.#regions.clear();
    this.#regionCount = 0;
    this.#planned.clear();
    this.#cheapest.clear();
  }

  #remembered(key: string, plan: () => PlannedRoute | undefined): PlannedRoute | undefined {
    this.#forgetIfChanged();
    const known = this.#planned.get(key);
    if (known !== undefined || this.#planned.has(key)) return known;
    if (this.#planned.size >= MAX_PLANNED) this.#planned.clear();
    const planned = plan();
    this.#planned.set(key, planned);
    return planned;
  }

  #forgetIfChanged(): void {
    if (this.#plannedRevision === this.#table.revision) return;
    this.#plannedRevision = this.#table.revision;
    this.#planned.clear();
    this.#cheapest.clear();
    if (this.#regionsRevision === this.#table.passingRevision) return;
    this.#regionsRevision = this.#table.passingRevision;
    this.#forgetRegions();
  }
}

/** Returns the parts of a node's record that routes through the node depend on. */
function placeOf({ region, linkVersions }: NodeRecord): string {
  return `${linkVersions.max} ${region}`;
}
