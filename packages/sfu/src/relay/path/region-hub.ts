/**
 * Which node of a region brings a track in for the others there: the highest of a hash of track and node. All nodes find the same one, tracks
 * spread over the nodes, and when a node goes only its tracks move (rendezvous hashing, Thaler and Ravishankar 1998).
 */

/** @returns undefined if there are no nodes */
export function regionHub(publicationId: string, nodeNos: Iterable<number>): number | undefined {
  let hub: number | undefined;
  let highest = -1;
  for (const nodeNo of nodeNos) {
    const weight = hash(`${publicationId} ${nodeNo}`);
    if (hub === undefined || weight > highest || (weight === highest && nodeNo < hub)) {
      hub = nodeNo;
      highest = weight;
    }
  }
  return hub;
}

/** FNV-1a of 32 bits, then MurmurHash3's finalizer: without it keys that differ in their last digit alone stay close together. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
