/**
 * Picks one node out of several, the same one on every node: the one with the highest hash of key and node. Keys spread
 * over the nodes, and when a node goes only its keys move (rendezvous hashing, Thaler and Ravishankar 1998).
 */

/** @returns undefined if there are no nodes */
export function rendezvous(key: string, nodeNos: Iterable<number>): number | undefined {
  const start = hashStart(key);
  let best: { readonly nodeNo: number; readonly weight: number } | undefined;
  for (const nodeNo of nodeNos) {
    const weight = hash(start, nodeNo);
    const isHigher = best === undefined || weight > best.weight || (weight === best.weight && nodeNo < best.nodeNo);
    if (isHigher) best = { nodeNo, weight };
  }
  return best?.nodeNo;
}

/** @returns all nodes in order; each is chosen once those before it are gone */
export function rendezvousOrder(key: string, nodeNos: Iterable<number>): readonly number[] {
  const start = hashStart(key);
  const weighed = Array.from(nodeNos, (nodeNo) => ({ nodeNo, weight: hash(start, nodeNo) }));
  weighed.sort((one, other) => other.weight - one.weight || one.nodeNo - other.nodeNo);
  return weighed.map(({ nodeNo }) => nodeNo);
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** The key is hashed once for all nodes: a route at 300 nodes asks for as many weights. */
function hashStart(key: string): number {
  return hashOn(hashOn(FNV_OFFSET, key), ' ');
}

/** FNV-1a of 32 bits, then MurmurHash3's finalizer. Without it, keys that differ only in their last digit stay close together. */
function hash(start: number, nodeNo: number): number {
  let value = hashOn(start, String(nodeNo));
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

function hashOn(before: number, text: string): number {
  let value = before;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), FNV_PRIME);
  return value;
}
