import { ancestorsOf, childrenOf, depthOf, freeSlots, ownRegionSlots } from '../../../src/relay/path/region-tree.ts';
import { rendezvousOrder } from '../../../src/relay/path/rendezvous.ts';

const TRACKS = ['session-1-0000/p0', 'session-1-0000/p1', 'session-9-abcd/p0'];

function nodesOf(size: number): readonly number[] {
  return Array.from({ length: size }, (_, index) => 100 + index);
}

describe('the tree of a region', () => {
  it.each([
    [1, 1, 16],
    [2, 1, 16],
    [8, 1, 16],
    [17, 1, 16],
    [25, 1, 16],
    [25, 5, 16],
    [6, 1, 3],
    [40, 1, 3],
    [40, 2, 3],
  ])('of %i nodes with %i roots gives no node more than %i to feed, and reaches all', (size, roots, fanOut) => {
    for (const publicationId of TRACKS) {
      const nodeNos = nodesOf(size);
      const fed = new Map<number, number>();
      let rootsSeen = 0;
      let deepest = 0;
      for (const from of nodeNos) {
        const ancestors = ancestorsOf({ publicationId, nodeNos, roots, fanOut }, from);
        deepest = Math.max(deepest, ancestors.length);
        const [parent] = ancestors;
        if (parent === undefined) rootsSeen++;
        else {
          fed.set(parent, (fed.get(parent) ?? 0) + 1);
          expect(ancestorsOf({ publicationId, nodeNos, roots, fanOut }, parent)).toEqual(ancestors.slice(1));
        }
      }
      expect(rootsSeen).toBe(Math.min(roots, size));
      expect(Math.max(0, ...fed.values())).toBeLessThanOrEqual(fanOut);
      expect(depthOf(size, roots, fanOut)).toBe(deepest);
      const tree = { publicationId, nodeNos, roots, fanOut };
      expect(nodeNos.map((nodeNo) => childrenOf(tree, nodeNo))).toEqual(nodeNos.map((nodeNo) => fed.get(nodeNo) ?? 0));
      const order = rendezvousOrder(publicationId, nodeNos);
      const free = order.map((nodeNo) => fanOut - (fed.get(nodeNo) ?? 0));
      expect(order.map((_, place) => freeSlots(size, roots, place, fanOut))).toEqual(free);
    }
  });

  it('gives a draining node, which feeds no other, a place at the end of a branch', () => {
    const nodeNos = nodesOf(8);

    const ancestors = ancestorsOf({ publicationId: TRACKS[0] ?? '', nodeNos, roots: 1, fanOut: 16 }, 999);

    expect(ancestors.every((nodeNo) => nodeNos.includes(nodeNo))).toBe(true);
  });

  it('spreads the roots of many tracks over the nodes', () => {
    const nodeNos = nodesOf(5);
    const roots = new Set<number>();
    for (let track = 0; track < 100; track++) {
      const publicationId = `session-1-0000/p${track}`;
      for (const from of nodeNos) if (ancestorsOf({ publicationId, nodeNos, roots: 1, fanOut: 16 }, from).length === 0) roots.add(from);
    }

    expect(roots.size).toBe(5);
  });
});

test.each([
  [16, 1, 16],
  [16, 12, 5],
  [16, 40, 1],
  [3, 3, 1],
])('an owner that feeds %i, in a cluster of %i regions, feeds %i of its own region', (maxFanOut, regions, slots) => {
  expect(ownRegionSlots(maxFanOut, regions)).toBe(slots);
});
