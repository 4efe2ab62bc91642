/**
 * What every node tells about its links, gathered: the map on which ways for relays are chosen. A link counts only if both of its ends tell
 * of it, so the word of a node that has died is worth nothing as soon as its neighbours have noticed.
 */
import { joinQualities, type LinkQuality, linkCost } from './link-quality.ts';

/** One node's links as that node sees them. */
export interface NodeLinkState {
  readonly nodeNo: number;
  readonly epoch: number;
  /** Counts what a node has told in one life; the highest is the newest. */
  readonly revision: number;
  /** Passes nothing on for others any more. */
  readonly isDraining: boolean;
  /** By the number of the other node; qualities are those of sending there. */
  readonly links: ReadonlyMap<number, LinkQuality>;
}

export interface Edge {
  readonly to: number;
  readonly cost: number;
  readonly quality: LinkQuality;
}

export class LinkStateTable {
  readonly #states = new Map<number, NodeLinkState>();
  /** Links of a node as they were worked out since the last change. */
  readonly #edges = new Map<number, readonly Edge[]>();
  #revision = 0;

  /** Changes with every change of the table. */
  get revision(): number {
    return this.#revision;
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
    this.#noteChange();
    return true;
  }

  /** The node is gone for good. */
  remove(nodeNo: number): void {
    if (this.#states.delete(nodeNo)) this.#noteChange();
  }

  /** The link over which a node sends to another, if both tell of it. */
  edge(from: number, to: number): Edge | undefined {
    const there = this.#states.get(from)?.links.get(to);
    const back = this.#states.get(to)?.links.get(from);
    if (there === undefined || back === undefined) return undefined;
    const quality = joinQualities(there, back);
    return { to, cost: linkCost(quality), quality };
  }

  /** All links over which a node sends, in the order of the node numbers. */
  edgesFrom(from: number): readonly Edge[] {
    const known = this.#edges.get(from);
    if (known !== undefined) return known;
    const told = this.#states.get(from)?.links.keys() ?? [];
    const edges = [...told]
      .sort((one, other) => one - other)
      .map((to) => this.edge(from, to))
      .filter((edge) => edge !== undefined);
    this.#edges.set(from, edges);
    return edges;
  }

  /** Whether a node may stand between others. */
  passesOn(nodeNo: number): boolean {
    return this.#states.get(nodeNo)?.isDraining === false;
  }

  #noteChange(): void {
    this.#revision++;
    this.#edges.clear();
  }
}

function isNewer(one: NodeLinkState, other: NodeLinkState): boolean {
  return one.epoch === other.epoch ? one.revision > other.revision : one.epoch > other.epoch;
}
