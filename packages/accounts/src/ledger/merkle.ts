/**
 * Merkle trees over SHA-256, which prove that a leaf belongs to a root without revealing the other leaves.
 *
 * @see RFC 6962 §2.1
 */
import { createHash } from 'node:crypto';

/** The position of a leaf in its tree, and the hashes from it to the root. */
export interface InclusionProof {
  readonly index: number;
  /** The number of leaves of the tree. */
  readonly size: number;
  /** The sibling hashes from the leaf up to the root (RFC 6962 §2.1.1). */
  readonly path: readonly Buffer[];
}

const LEAF_PREFIX = Buffer.of(0);
const NODE_PREFIX = Buffer.of(1);

/** Hashes a leaf: a zero byte followed by its content in UTF-8. */
export function hashLeaf(content: string): Buffer {
  return createHash('sha256').update(LEAF_PREFIX).update(content).digest();
}

/** @throws Error – there is no leaf */
export function merkleRoot(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) throw new Error('a tree has at least one leaf');
  if (leaves.length === 1) return only;
  const split = splitOf(leaves.length);
  return hashNode(merkleRoot(leaves.slice(0, split)), merkleRoot(leaves.slice(split)));
}

/** @throws Error – there is no such leaf */
export function proveInclusion(leaves: readonly Buffer[], index: number): InclusionProof {
  if (!(index >= 0 && index < leaves.length)) throw new Error(`there is no leaf ${index} of ${leaves.length}`);
  return { index, size: leaves.length, path: pathTo(leaves, index) };
}

/** @returns undefined if no tree of that size has such a proof */
export function rootOfProof(leaf: Buffer, { index, size, path }: InclusionProof): Buffer | undefined {
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(index) || index < 0 || index >= size) return undefined;
  const rest = [...path];
  const root = climb(leaf, index, size, rest);
  return rest.length === 0 ? root : undefined;
}

function climb(leaf: Buffer, index: number, size: number, rest: Buffer[]): Buffer | undefined {
  if (size === 1) return leaf;
  const split = splitOf(size);
  const isLeft = index < split;
  // The last hash of the path is the one just below the root.
  const sibling = rest.pop();
  const own = isLeft ? climb(leaf, index, split, rest) : climb(leaf, index - split, size - split, rest);
  if (own === undefined || sibling === undefined) return undefined;
  return isLeft ? hashNode(own, sibling) : hashNode(sibling, own);
}

function pathTo(leaves: readonly Buffer[], index: number): Buffer[] {
  if (leaves.length === 1) return [];
  const split = splitOf(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return index < split ? [...pathTo(left, index), merkleRoot(right)] : [...pathTo(right, index - split), merkleRoot(left)];
}

/** Returns the largest power of two below the size. */
function splitOf(size: number): number {
  return 2 ** Math.floor(Math.log2(size - 1));
}

function hashNode(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256').update(NODE_PREFIX).update(left).update(right).digest();
}
