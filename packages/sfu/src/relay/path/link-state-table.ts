/**
 * The link states that all nodes have reported: the map on which routes for relays are chosen. A link counts only if
 * both of its ends report it, so the reports of a dead node count for nothing as soon as its neighbours have noticed.
 */
import { joinQualities, type LinkQuality, linkCost } from './link-quality.ts';

/** One node's links as that node sees them. */
export interface NodeLinkState {
  readonly nodeNo: number;
  readonly epoch: number;
  /** Counts a node's reports in one life; the highest is the newest. */
  readonly revision: number;
  /** No longer passes anything on for others. */
  readonly isDraining: boolean;
  /** By the number of the other node; qualities are those of sending there. */
  readonly links: ReadonlyMap<number, LinkQuality>;
}

export interface Edge {
  readonly to: number;
  readonly cost: number;
  readonly quality: LinkQuality;
}

const NO_LINKS: ReadonlyMap<number, LinkQuality> = new Map();
const NO_COSTS: ReadonlyMap<number, number> = new Map();

export class LinkStateTable {
  readonly #states = new Map<number, NodeLinkState>();
  /** What sending costs, by the node that sends and the one that receives. A change costs as much as it has links. */
  readonly #costs = new Map<number, Map<number, number>>();
  #revision = 0;
  #passingRevision = 0;

  /** Changes with every change of the table. */
  get revision(): number {
    return this.#revision;
  }

  /** Changes when a node comes or goes, or starts or stops passing tracks on; not with the links, which change far more often. */
  get passingRevision(): number {
    return this.#passingRevision;
  }

  get all(): readonly NodeLinkState[] {
    return [...this.#states.values()];
  }

  get size(): number {
    return this.#states.size;
  }

  find(nodeNo: number): NodeLinkState | undefined {
    return this.#states.get(nodeNo);
  }

  /** @returns false if something as new is known already */
  put(state: NodeLinkState): boolean {
    const known = this.#states.get(state.nodeNo);
    if (known !== undefined && !isNewer(state, known)) return false;
    this.#states.set(state.nodeNo, state);
    if (known?.isDraining !== state.isDraining) this.#passingRevision++;
    this.#noteChange(state.nodeNo, known?.links ?? NO_LINKS, state.links);
    return true;
  }

  /** The node is gone for good. */
  remove(nodeNo: number): void {
    const known = this.#states.get(nodeNo);
    if (known === undefined) return;
    this.#states.delete(nodeNo);
    this.#passingRevision++;
    this.#noteChange(nodeNo, known.links, NO_LINKS);
    this.#costs.delete(nodeNo);
  }

  /** The link over which a node sends to another, if both report it. */
  edge(from: number, to: number): Edge | undefined {
    const there = this.#states.get(from)?.links.get(to);
    const back = this.#states.get(to)?.links.get(from);
    if (there === undefined || back === undefined) return undefined;
    const quality = joinQualities(there, back);
    return { to, cost: linkCost(quality), quality };
  }

  /** What it costs a node to send to each node that it has a link with. */
  costsFrom(from: number): ReadonlyMap<number, number> {
    return this.#costs.get(from) ?? NO_COSTS;
  }

  /** Whether a node may be intermediate. */
  passesOn(nodeNo: number): boolean {
    return this.#states.get(nodeNo)?.isDraining === false;
  }

  #noteChange(nodeNo: number, before: ReadonlyMap<number, LinkQuality>, now: ReadonlyMap<number, LinkQuality>): void {
    this.#revision++;
    for (const [to, quality] of now) if (before.get(to) !== quality) this.#updateCosts(nodeNo, to);
    for (const to of before.keys()) if (!now.has(to)) this.#updateCosts(nodeNo, to);
  }

  #updateCosts(one: number, other: number): void {
    this.#updateCost(one, other);
    this.#updateCost(other, one);
  }

  #updateCost(from: number, to: number): void {
    const edge = this.edge(from, to);
    const costs = this.#costs.get(from);
    if (edge === undefined) costs?.delete(to);
    else if (costs === undefined) this.#costs.set(from, new Map([[to, edge.cost]]));
    else costs.set(to, edge.cost);
  }
}

function isNewer(one: NodeLinkState, other: NodeLinkState): boolean {
  return one.epoch === other.epoch ? one.revision > other.revision : one.epoch > other.epoch;
}
