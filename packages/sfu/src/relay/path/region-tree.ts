/**
 * The tree by which a track spreads within a region. Its nodes are put in an order of the track's own, the same whoever works it out: the first
 * ones get the track from outside, each node feeds the next so many, and so on. So a track comes into a region once, however many
 * nodes of the region want it, and no node sends more copies of it than it may.
 */
import { rendezvousOrder } from './rendezvous.ts';

/** Enough for every region directly. */
export const DEFAULT_MAX_FAN_OUT = 16;

export interface RegionTree {
  readonly publicationId: string;
  /** Nodes that pass tracks on; the owner is not among them. */
  readonly nodeNos: readonly number[];
  /** How many of them get the track from outside: one in regions other than the owner's. */
  readonly roots: number;
  /** How many each of them feeds. */
  readonly fanOut: number;
}

/**
 * @param from a node of the region, whether or not it passes tracks on
 * @returns the nodes that the track comes through to `from`, nearest first; none if it is a root
 */
export function ancestorsOf({ publicationId, nodeNos, roots, fanOut }: RegionTree, from: number): readonly number[] {
  const order = rendezvousOrder(publicationId, new Set([...nodeNos, from]));
  const ancestors: number[] = [];
  for (let place = order.indexOf(from); place >= roots; ) {
    place = Math.floor((place - roots) / fanOut);
    ancestors.push(order[place] ?? from);
  }
  return ancestors;
}

/** @returns how many nodes of its region a node of the tree feeds */
export function childrenOf({ publicationId, nodeNos, roots, fanOut }: RegionTree, nodeNo: number): number {
  const place = rendezvousOrder(publicationId, nodeNos).indexOf(nodeNo);
  if (place === -1) return 0;
  return Math.max(0, Math.min(fanOut, nodeNos.length - (roots + place * fanOut)));
}

/** @returns how many hops the tree has below its roots */
export function depthOf(size: number, roots: number, fanOut: number): number {
  let depth = 0;
  for (let place = size - 1; place >= roots; depth++) place = Math.floor((place - roots) / fanOut);
  return depth;
}

/** How many nodes of its own region an owner feeds: it keeps a place free for each other region. */
export function ownRegionSlots(maxFanOut: number, regions: number): number {
  return Math.max(1, maxFanOut - Math.max(0, regions - 1));
}
