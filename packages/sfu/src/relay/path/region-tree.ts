/**
 * The tree along which a track spreads within a region. For each track, the nodes have a fixed order, which every node
 * computes alike: the first ones receive the track from outside, and each node feeds a limited number of the following
 * ones. So a track enters a region once, however many of its nodes want it, and no node sends more copies than allowed.
 */
import { rendezvousOrder } from './rendezvous.ts';

/** Enough to reach every region directly. */
export const DEFAULT_MAX_FAN_OUT = 16;

export interface RegionTree {
  readonly publicationId: string;
  /** Nodes that pass tracks on; the owner is not among them. */
  readonly nodeNos: readonly number[];
  /** The number of nodes that receive the track from outside: one, except in the owner's region. */
  readonly roots: number;
  /** The number of nodes that each of them feeds. */
  readonly fanOut: number;
}

/**
 * @param from a node of the region, whether or not it passes tracks on
 * @returns the nodes through which the track reaches `from`, nearest first; none if it is a root
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

/** @returns the number of nodes of its region that a node of the tree feeds */
export function childrenOf({ publicationId, nodeNos, roots, fanOut }: RegionTree, nodeNo: number): number {
  const place = rendezvousOrder(publicationId, nodeNos).indexOf(nodeNo);
  if (place === -1) return 0;
  return Math.max(0, Math.min(fanOut, nodeNos.length - (roots + place * fanOut)));
}

/** @returns how many more nodes, in addition to its children, the node at a position of the tree's order (from 0) can feed */
export function freeSlots(size: number, roots: number, place: number, fanOut: number): number {
  return fanOut - Math.max(0, Math.min(fanOut, size - (roots + place * fanOut)));
}

/** @returns the number of hops below the roots of the tree */
export function depthOf(size: number, roots: number, fanOut: number): number {
  let depth = 0;
  for (let place = size - 1; place >= roots; depth++) place = Math.floor((place - roots) / fanOut);
  return depth;
}

/** Returns how many nodes of its own region an owner feeds. It keeps a slot free for each other region. */
export function ownRegionSlots(maxFanOut: number, regions: number): number {
  return Math.max(1, maxFanOut - Math.max(0, regions - 1));
}
