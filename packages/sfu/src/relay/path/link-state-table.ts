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
  /** Keyed by the number of the other node; the quality is that of sending to it. */
  readonly links: ReadonlyMap<number, LinkQuality>;
}

/** What has changed in one node's report. */
export interface LinkStateChange {
  readonly epoch: number;
  readonly revision: number;
  /** The oldest revision that the change may be applied to. */
  readonly since: number;
  readonly isDraining: boolean;
  readonly changed: readonly (readonly [to: number, quality: LinkQuality])[];
  readonly gone: readonly number[];
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
  /**
   * Costs by sending and receiving node, of those sending nodes that a route has asked for: few of many. An update takes time proportional
   * to the changed links.
   */
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

  /**
   * @param state its links belong to the table from then on, which changes them in `change`
   * @returns false if the known state is as new or newer
   */
  put(state: NodeLinkState): boolean {
    const known = this.#states.get(state.nodeNo);
    if (known !== undefined && !isNewer(state, known)) return false;
    this.replace(state);
    return true;
  }

  /** Like `put`, but takes the state even if the known one is newer. */
  replace(state: NodeLinkState): void {
    const known = this.#states.get(state.nodeNo);
    this.#store(state, known);
    this.#updateDifferences(state.nodeNo, known?.links ?? NO_LINKS, state.links);
  }

  /**
   * Applies a change that is newer than the known state. The former state object then has the new links too.
   *
   * @returns false if the known state is too old, or from another life
   */
  change(nodeNo: number, { epoch, revision, since, isDraining, changed, gone }: LinkStateChange): boolean {
    const known = this.#states.get(nodeNo);
    if (known === undefined || known.epoch !== epoch || known.revision < since) return false;
    // When a node starts among hundreds, each of the others reports one more link. Copying the map each time would cost time for all links.
    const links = known.links instanceof Map ? known.links : new Map(known.links);
    for (const to of gone) links.delete(to);
    for (const [to, quality] of changed) links.set(to, quality);
    this.#store({ nodeNo, epoch, revision, isDraining, links }, known);
    for (const to of gone) this.#updateCosts(nodeNo, to);
    for (const [to] of changed) this.#updateCosts(nodeNo, to);
    return true;
  }

  /** Removes a node that is gone for good. */
  remove(nodeNo: number): void {
    const known = this.#states.get(nodeNo);
    if (known === undefined) return;
    this.#states.delete(nodeNo);
    this.#revision++;
    this.#passingRevision++;
    this.#updateDifferences(nodeNo, known.links, NO_LINKS);
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
    const known = this.#costs.get(from);
    const state = this.#states.get(from);
    if (known !== undefined || state === undefined) return known ?? NO_COSTS;
    const costs = new Map<number, number>();
    this.#costs.set(from, costs);
    for (const to of state.links.keys()) this.#updateCost(from, to);
    return costs;
  }

  /** Whether the node may be intermediate. */
  passesOn(nodeNo: number): boolean {
    return this.#states.get(nodeNo)?.isDraining === false;
  }

  #store(state: NodeLinkState, known: NodeLinkState | undefined): void {
    this.#states.set(state.nodeNo, state);
    this.#revision++;
    if (known?.isDraining !== state.isDraining) this.#passingRevision++;
  }

  #updateDifferences(nodeNo: number, before: ReadonlyMap<number, LinkQuality>, now: ReadonlyMap<number, LinkQuality>): void {
    for (const [to, quality] of now) if (!isSameQuality(before.get(to), quality)) this.#updateCosts(nodeNo, to);
    for (const to of before.keys()) if (!now.has(to)) this.#updateCosts(nodeNo, to);
  }

  #updateCosts(one: number, other: number): void {
    this.#updateCost(one, other);
    this.#updateCost(other, one);
  }

  #updateCost(from: number, to: number): void {
    const costs = this.#costs.get(from);
    if (costs === undefined) return;
    const edge = this.edge(from, to);
    if (edge === undefined) costs.delete(to);
    else costs.set(to, edge.cost);
  }
}

function isNewer(one: NodeLinkState, other: NodeLinkState): boolean {
  return one.epoch === other.epoch ? one.revision > other.revision : one.epoch > other.epoch;
}
