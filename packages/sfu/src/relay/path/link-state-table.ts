/**
 * The link states that all nodes have reported, from which routes for relays are chosen. A link counts only if both of
 * its ends report it, so the reports of a dead node have no effect once its neighbours have noticed.
 */
import { isSameQuality, joinQualities, type LinkQuality, linkCost } from './link-quality.ts';

/** One node's links as that node sees them. */
export interface NodeLinkState {
  readonly nodeNo: number;
  readonly epoch: number;
  /** Counts the node's reports in one life; the highest is the newest. */
  readonly revision: number;
  /** Whether the node no longer passes tracks on for others. */
  readonly isDraining: boolean;
  /** By the number of the other node; the quality is that of sending to it. */
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
  /** Costs by sending and receiving node. An update takes time proportional to the changed links. */
  readonly #costs = new Map<number, Map<number, number>>();
  #revision = 0;
  #passingRevision = 0;

  /** Increases with every change of the table. */
  get revision(): number {
    return this.#revision;
  }

  /**
   * Increases when a node is added or removed, or starts or stops passing tracks on, but not with link changes, which
   * are far more frequent.
   */
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

  /** @returns false if the known state is as new or newer */
  put(state: NodeLinkState): boolean {
    const known = this.#states.get(state.nodeNo);
    if (known !== undefined && !isNewer(state, known)) return false;
    this.#states.set(state.nodeNo, state);
    if (known?.isDraining !== state.isDraining) this.#passingRevision++;
    this.#noteChange(state.nodeNo, known?.links ?? NO_LINKS, state.links);
    return true;
  }

  /** Removes a node that is gone for good. */
  remove(nodeNo: number): void {
    const known = this.#states.get(nodeNo);
    if (known === undefined) return;
    this.#states.delete(nodeNo);
    this.#passingRevision++;
    this.#noteChange(nodeNo, known.links, NO_LINKS);
    this.#costs.delete(nodeNo);
  }

  /** Returns the link over which one node sends to another, if both report it. */
  edge(from: number, to: number): Edge | undefined {
    const there = this.#states.get(from)?.links.get(to);
    const back = this.#states.get(to)?.links.get(from);
    if (there === undefined || back === undefined) return undefined;
    const quality = joinQualities(there, back);
    return { to, cost: linkCost(quality), quality };
  }

  /** Returns the cost of sending from a node to each node that it has a link with. */
  costsFrom(from: number): ReadonlyMap<number, number> {
    return this.#costs.get(from) ?? NO_COSTS;
  }

  /** Whether the node may be intermediate. */
  passesOn(nodeNo: number): boolean {
    return this.#states.get(nodeNo)?.isDraining === false;
  }

  #noteChange(nodeNo: number, before: ReadonlyMap<number, LinkQuality>, now: ReadonlyMap<number, LinkQuality>): void {
    this.#revision++;
    for (const [to, quality] of now) if (!isSameQuality(before.get(to), quality)) this.#updateCosts(nodeNo, to);
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
