/**
 * Picks one node out of several, the same one on every node: the one with the highest hash of key and node. Keys spread
 * over the nodes, and when a node goes only its keys move (rendezvous hashing, Thaler and Ravishankar 1998).
 */

/** @returns undefined if there are no nodes */
export function rendezvous(key: string, nodeNos: Iterable<number>): number | undefined {
  let best: { readonly nodeNo: number; readonly weight: number } | undefined;
  for (const nodeNo of nodeNos) {
    const weight = hash(`${key} ${nodeNo}`);
    const isHigher = best === undefined || weight > best.weight || (weight === best.weight && nodeNo < best.nodeNo);
    if (isHigher) best = { nodeNo, weight };
  }
  return best?.nodeNo;
}

/** @returns all nodes in order; each is chosen once those before it are gone */
export function rendezvousOrder(key: string, nodeNos: Iterable<number>): readonly number[] {
  const weighed = Array.from(nodeNos, (nodeNo) => ({ nodeNo, weight: hash(`${key} ${nodeNo}`) }));
  weighed.sort((one, other) => other.weight - one.weight || one.nodeNo - other.nodeNo);
  return weighed.map(({ nodeNo }) => nodeNo);
}

/** FNV-1a of 32 bits, then MurmurHash3's finalizer. Without it, keys that differ only in their last digit stay close together. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
