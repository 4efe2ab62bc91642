import { rendezvousOrder } from '../../src/relay/path/rendezvous.ts';
import { ClusterUnderTest } from './doubles/cluster-under-test.ts';

const OWNER = 1;
const REGIONS: Readonly<Record<number, string>> = { 1: 'ap', 2: 'eu', 3: 'eu', 4: 'us', 5: 'us' };

/**
 * A track of region `ap` is watched in `eu`, behind that region's root, which has no viewers, and at the root of `us`. The root of `eu`
 * could reach the owner only through the other node of `us`, until the links that were cut came back.
 */
async function passedOnByWrongNode() {
  const records = Object.fromEntries(Object.entries(REGIONS).map(([nodeNo, region]) => [nodeNo, { region }]));
  const oneWayMs = (from: number, to: number) => (REGIONS[from] === REGIONS[to] ? 1 : 40);
  const cluster = await ClusterUnderTest.linked([1, 2, 3, 4, 5], { oneWayMs, records });
  const { publisher, publicationId } = await cluster.publish(OWNER);
  const [euRoot = 0, euLeaf = 0] = rendezvousOrder(publicationId, [2, 3]);
  const [usRoot = 0, usOther = 0] = rendezvousOrder(publicationId, [4, 5]);
  for (const nodeNo of [OWNER, usRoot]) cluster.mesh.cut(euRoot, nodeNo);
  await cluster.clock.advance(10_000);
  const viewer = await cluster.join(euLeaf);
  await viewer.receive(publisher.track('camera'));
  await cluster.clock.advance(3000);
  await (await cluster.join(usRoot)).receive(publisher.track('camera'));
  await cluster.clock.advance(3000);
  const hops = (): readonly string[] =>
    cluster
      .copies()
      .map((copy) => copy.split(' ')[0] ?? '')
      .sort();
  const heal = (): void => {
    for (const nodeNo of [OWNER, usRoot]) cluster.mesh.heal(euRoot, nodeNo);
  };
  return { cluster, viewer, publicationId, euRoot, euLeaf, usRoot, usOther, hops, heal };
}

describe('a node without viewers that passes a track on by a way on which a region receives it twice', () => {
  it('takes its own way once that is possible, so that each region receives it once', async () => {
    const { cluster, euRoot, euLeaf, usRoot, usOther, hops, heal } = await passedOnByWrongNode();
    const before = hops();

    heal();
    await cluster.clock.advance(20_000);

    expect(before).toEqual([`1>${usRoot}`, `1>${usOther}`, `${usOther}>${euRoot}`, `${euRoot}>${euLeaf}`].sort());
    expect(hops()).toEqual([`1>${usRoot}`, `1>${euRoot}`, `${euRoot}>${euLeaf}`].sort());
  });

  it('does so without a moment in which the nodes behind it are sent nothing', async () => {
    const { cluster, viewer, publicationId, euLeaf, heal } = await passedOnByWrongNode();
    const shown = [];

    heal();
    for (let step = 0; step < 400; step++) {
      await cluster.clock.advance(50);
      shown.push(cluster.shown(euLeaf, viewer)[0]);
    }

    expect(new Set(shown)).toEqual(new Set([`${publicationId}@`]));
    expect(cluster.copies()).toHaveLength(3);
  });
});

test('a node whose parent in the tree brought the track in by itself asks that parent again, once the root of the region is back', async () => {
  const mates = [2, 3, 4, 5, 6, 7, 8];
  const records = Object.fromEntries([OWNER, ...mates].map((nodeNo) => [nodeNo, { region: nodeNo === OWNER ? 'ap' : 'eu' }]));
  const oneWayMs = (from: number, to: number) => (from === OWNER || to === OWNER ? 40 : 1);
  const cluster = await ClusterUnderTest.linked([OWNER, ...mates], { oneWayMs, records, cluster: { maxFanOut: 2 } });
  const { publisher, publicationId } = await cluster.publish(OWNER);
  const [root = 0, parent = 0, sibling = 0, leaf = 0] = rendezvousOrder(publicationId, mates);
  const hops = () => cluster.copies().map((copy) => copy.split(' ')[0]);
  for (const nodeNo of mates) if (nodeNo !== root) cluster.mesh.cut(root, nodeNo);
  await cluster.clock.advance(10_000);
  const viewers = [];
  for (const nodeNo of [leaf, sibling]) {
    const viewer = await cluster.join(nodeNo);
    await viewer.receive(publisher.track('camera'));
    viewers.push([nodeNo, viewer] as const);
    await cluster.clock.advance(3000);
  }
  const before = hops().toSorted();

  for (const nodeNo of mates) if (nodeNo !== root) cluster.mesh.heal(root, nodeNo);
  await cluster.clock.advance(30_000);

  expect(before).toEqual([`1>${parent}`, `${parent}>${leaf}`, `${parent}>${sibling}`].toSorted());
  expect(hops().toSorted()).toEqual([`1>${root}`, `${root}>${parent}`, `${root}>${sibling}`, `${parent}>${leaf}`].toSorted());
  for (const [nodeNo, viewer] of viewers) expect(cluster.shown(nodeNo, viewer)).toEqual([`${publicationId}@`]);
});

test('a node leaves the slot of a child that was away, so that the nodes behind that child need no copy of their own', async () => {
  const mates = [2, 3, 4, 5, 6, 7, 8, 9];
  const records = Object.fromEntries([OWNER, ...mates].map((nodeNo) => [nodeNo, { region: nodeNo === OWNER ? 'ap' : 'eu' }]));
  const oneWayMs = (from: number, to: number) => (from === OWNER || to === OWNER ? 40 : 1);
  const cluster = await ClusterUnderTest.linked([OWNER, ...mates], { oneWayMs, records, cluster: { maxFanOut: 2 } });
  const { publisher, publicationId } = await cluster.publish(OWNER);
  const [root = 0, away = 0, child = 0, guest = 0, apart = 0, , , leaf = 0] = rendezvousOrder(publicationId, mates);
  const hops = () => cluster.copies().map((copy) => copy.split(' ')[0]);
  const cutLinks = [...[OWNER, ...mates].map((nodeNo) => [away, nodeNo] as const), ...mates.map((nodeNo) => [apart, nodeNo] as const)];
  const cuts = cutLinks.filter(([one, other]) => one !== other);
  for (const [one, other] of cuts) cluster.mesh.cut(one, other);
  await cluster.clock.advance(10_000);
  const viewers = [];
  for (const nodeNo of [child, guest, apart, leaf]) {
    const viewer = await cluster.join(nodeNo);
    await viewer.receive(publisher.track('camera'));
    viewers.push([nodeNo, viewer] as const);
    await cluster.clock.advance(3000);
  }
  const before = hops().toSorted();

  for (const [one, other] of cuts) cluster.mesh.heal(one, other);
  await cluster.clock.advance(30_000);

  expect(before).toEqual([`1>${root}`, `1>${apart}`, `${root}>${child}`, `${root}>${guest}`, `${guest}>${leaf}`].toSorted());
  const tree = [`1>${root}`, `${root}>${away}`, `${root}>${child}`, `${away}>${guest}`, `${away}>${apart}`, `${guest}>${leaf}`];
  expect(hops().toSorted()).toEqual(tree.toSorted());
  for (const [nodeNo, viewer] of viewers) expect(cluster.shown(nodeNo, viewer)).toEqual([`${publicationId}@`]);
});
