import type { NodeDirectory } from '../../nodes/index.ts';
import { chooseRoute, type Route, routeCost } from './choose-route.ts';
import type { LinkQuality } from './link-quality.ts';
import type { LinkStateTable } from './link-state-table.ts';
import { hubOf, nodesIn, type PlannedRoute, planRoute } from './plan-route.ts';

/** Ways from this node to the owners of tracks, as the link states told so far allow. */
export class RouteFinder {
  readonly #nodes: NodeDirectory;
  readonly #table: LinkStateTable;
  /** What was planned since the table changed last, by owner and hub: most tracks of an owner take the same way. */
  readonly #planned = new Map<string, PlannedRoute | undefined>();
  /** The same without hubs, by owner. */
  readonly #cheapest = new Map<number, Route | undefined>();
  /** The nodes of each region that pass tracks on; the hub of every track is one of them. */
  readonly #regions = new Map<string, readonly number[]>();
  #plannedRevision = -1;
  readonly #unwatch: () => void;

  constructor(nodes: NodeDirectory, table: LinkStateTable) {
    this.#nodes = nodes;
    this.#table = table;
    const forget = () => this.#regions.clear();
    this.#unwatch = nodes.watch({ onNodePut: forget, onNodeGone: forget });
  }

  close(): void {
    this.#unwatch();
  }

  get selfNo(): number {
    return this.#nodes.self.nodeNo;
  }

  /** @param refusedBy neighbours that would not pass the track on, with those that may do it in their stead */
  plan(owner: number, publicationId: string, refusedBy: ReadonlyMap<number, readonly number[]>): PlannedRoute | undefined {
    const regionOf = (nodeNo: number) => this.regionOf(nodeNo);
    const wish = { from: this.selfNo, owner, publicationId, regionOf, refusedBy };
    const hub = hubOf(this.#table, wish, (region) => this.#nodesIn(region));
    return refusedBy.size > 0
      ? planRoute(this.#table, wish, hub)
      : this.#remembered(`${owner} ${hub ?? ''}`, () => planRoute(this.#table, wish, hub));
  }

  /**
   * The cheapest way, without regard to hubs. Where each node between goes on as it finds best, this is the one to take: what is left of
   * the way costs less with every hop, so that no two nodes wait for each other.
   *
   * @returns undefined if there is none
   */
  cheapest(owner: number): Route | undefined {
    this.#forgetIfChanged();
    if (!this.#cheapest.has(owner)) this.#cheapest.set(owner, chooseRoute(this.#table, this.selfNo, owner));
    return this.#cheapest.get(owner);
  }

  /** @returns the cheapest way that begins with another node than the one given; undefined if there is none */
  alternative(owner: number, firstHop: number): Route | undefined {
    const firstHops = new Set(this.#table.costsFrom(this.selfNo).keys());
    firstHops.delete(firstHop);
    return chooseRoute(this.#table, this.selfNo, owner, { firstHops });
  }

  /** @returns undefined if a link of it is gone */
  cost(nodes: readonly number[]): number | undefined {
    return routeCost(this.#table, nodes);
  }

  /** Whether the nodes between still pass things on: those that drain do not for long. */
  isLasting(nodes: readonly number[]): boolean {
    return nodes.slice(1, -1).every((nodeNo) => this.#table.passesOn(nodeNo));
  }

  /** Of the link over which a node sends to another. */
  quality(from: number, to: number): LinkQuality | undefined {
    return this.#table.edge(from, to)?.quality;
  }

  regionOf(nodeNo: number): string | undefined {
    return this.#nodes.find(nodeNo)?.region;
  }

  #nodesIn(region: string): readonly number[] {
    this.#forgetIfChanged();
    const known = this.#regions.get(region);
    if (known !== undefined) return known;
    const nodeNos = nodesIn(this.#table, region, (nodeNo) => this.regionOf(nodeNo));
    this.#regions.set(region, nodeNos);
    return nodeNos;
  }

  #remembered(key: string, plan: () => PlannedRoute | undefined): PlannedRoute | undefined {
    this.#forgetIfChanged();
    if (!this.#planned.has(key)) this.#planned.set(key, plan());
    return this.#planned.get(key);
  }

  #forgetIfChanged(): void {
    if (this.#plannedRevision === this.#table.revision) return;
    this.#plannedRevision = this.#table.revision;
    this.#planned.clear();
    this.#cheapest.clear();
    this.#regions.clear();
  }
}
