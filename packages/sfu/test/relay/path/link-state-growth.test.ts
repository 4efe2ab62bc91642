/** How many messages about links a cluster needs: their number must grow no faster than that of the links. */
import { seededRandom } from '@causeway/testkit/seeded-random';
import { RelayMesh } from '../doubles/relay-mesh.ts';

const SETTLED_MS = 15_000;

function linksOf(size: number, cut: readonly string[] = []): readonly string[] {
  const nodeNos = Array.from({ length: size }, (_, index) => index + 1);
  const pairs = nodeNos.flatMap((from) => nodeNos.flatMap((to) => (from === to ? [] : [`${from}-${to}`])));
  return pairs.filter((pair) => !cut.includes(pair)).sort();
}

function expectAllToKnow(mesh: RelayMesh, links: readonly string[]): void {
  for (const nodeNo of mesh.nodes.keys()) expect(mesh.map(nodeNo)).toEqual(links);
}

async function settled(size: number, changes?: ConstructorParameters<typeof RelayMesh>[1]): Promise<RelayMesh> {
  const mesh = new RelayMesh(size, changes);
  await mesh.clock.advance(SETTLED_MS);
  return mesh;
}

describe('messages about links', () => {
  it.each([3, 6, 12, 20, 40])('are at most two for each pair of nodes when %i nodes start at once', async (size) => {
    const mesh = await settled(size);

    expectAllToKnow(mesh, linksOf(size));
    expect(mesh.messages).toBeLessThanOrEqual(2 * size * size);
  });

  it('are at most 40 when one link among 20 nodes is cut', async () => {
    const mesh = await settled(20);
    const before = mesh.messages;

    mesh.mesh.cut(3, 11);
    await mesh.clock.advance(SETTLED_MS);

    expectAllToKnow(mesh, linksOf(20, ['3-11', '11-3']));
    expect(mesh.messages - before).toBeLessThanOrEqual(40);
  });

  it('are few when one node of 20 starts again', async () => {
    const mesh = await settled(20);
    const before = mesh.messages;

    mesh.restart(7);
    await mesh.clock.advance(SETTLED_MS);

    expectAllToKnow(mesh, linksOf(20));
    expect(mesh.messages - before).toBeLessThanOrEqual(3 * 20 * 20);
  });

  it('are none while nothing changes', async () => {
    const mesh = await settled(12);
    const before = mesh.messages;

    await mesh.clock.advance(60_000);

    expect(mesh.messages).toBe(before);
  });
});

describe('the map of a cluster in which many links are cut', () => {
  const SIZE = 9;
  const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);
  /** Nodes of the version before changes of link states were told. */
  const OLD = new Set([2, 5]);
  const mixed = (nodeNo: number) => (OLD.has(nodeNo) ? { linkVersions: { min: 1, max: 1 } } : {});

  /** Cuts and heals at random; every node stays within reach of node 1. */
  async function shake(mesh: RelayMesh, seed: number): Promise<readonly string[]> {
    const random = seededRandom(seed);
    const cut = new Set<string>();
    for (let step = 0; step < 40; step++) {
      const one = 2 + Math.floor(random() * (SIZE - 1));
      const other = 2 + Math.floor(random() * (SIZE - 1));
      if (one === other) continue;
      const pair = `${Math.min(one, other)}-${Math.max(one, other)}`;
      if (cut.delete(pair)) mesh.mesh.heal(one, other);
      else {
        cut.add(pair);
        mesh.mesh.cut(one, other);
      }
      await mesh.clock.advance(random() * 3000);
    }
    await mesh.clock.advance(60_000);
    return [...cut].flatMap((pair) => [pair, pair.split('-').reverse().join('-')]);
  }

  it.each(SEEDS)('is the same on all nodes a minute after the last change, seed %i', async (seed) => {
    const mesh = await settled(SIZE);

    const cut = await shake(mesh, seed);

    expectAllToKnow(mesh, linksOf(SIZE, cut));
  });

  it.each(SEEDS)('is the same where some nodes are of the version before, seed %i', async (seed) => {
    const mesh = await settled(SIZE, mixed);

    const cut = await shake(mesh, seed);

    expectAllToKnow(mesh, linksOf(SIZE, cut));
  });

  it('is learned by a node that starts with a single link', async () => {
    const mesh = await settled(6);
    for (const nodeNo of [2, 3, 4, 5]) mesh.mesh.cut(6, nodeNo);
    await mesh.clock.advance(SETTLED_MS);

    mesh.restart(6);
    for (const nodeNo of [2, 3, 4, 5]) mesh.mesh.cut(6, nodeNo);
    await mesh.clock.advance(5000);

    const cut = [2, 3, 4, 5].flatMap((nodeNo) => [`6-${nodeNo}`, `${nodeNo}-6`]);
    expectAllToKnow(mesh, linksOf(6, cut));
  });
});
