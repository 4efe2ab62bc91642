import { acceptsRoute } from '../../src/relay/links/long-routes.ts';
import { APP } from '../doubles/sfu-under-test.ts';
import { type Camera, ClusterUnderTest } from './doubles/cluster-under-test.ts';

type Pair = readonly [one: number, other: number];

const EARLIER = { linkVersions: { min: 1, max: 3 } };

/** Nodes 1 to `size`, of which only these pairs reach each other. */
async function clusterOf(size: number, pairs: readonly Pair[], earlier: readonly number[] = []): Promise<ClusterUnderTest> {
  const nodeNos = Array.from({ length: size }, (_, index) => index + 1);
  const records = Object.fromEntries(earlier.map((nodeNo) => [nodeNo, EARLIER]));
  const cluster = new ClusterUnderTest(nodeNos, { oneWayMs: () => 10, records });
  const reached = new Set(pairs.map((pair) => pair.join()));
  for (const one of nodeNos) {
    for (const other of nodeNos) if (one < other && !reached.has(`${one},${other}`)) cluster.mesh.cut(one, other);
  }
  await cluster.clock.advance(30_000);
  return cluster;
}

function chain(length: number): readonly Pair[] {
  return Array.from({ length: length - 1 }, (_, index) => [index + 1, index + 2] as const);
}

/** Node 3 reaches node 1 through node 2, or through nodes 6, 5 and 4. */
const RING: readonly Pair[] = [
  [1, 2],
  [2, 3],
  [1, 4],
  [4, 5],
  [5, 6],
  [3, 6],
];

async function watch(cluster: ClusterUnderTest, nodeNo: number, { publisher }: Camera) {
  const viewer = await cluster.join(nodeNo);
  const asked = viewer.receive(publisher.track('camera'));
  await cluster.clock.advance(5000);
  await asked;
  return () => cluster.shown(nodeNo, viewer)[0];
}

async function pathOf(cluster: ClusterUnderTest, { publisher }: Camera) {
  const told = cluster.node(1).world.sfu.trackPath(APP, publisher.id, 'camera');
  await cluster.clock.advance(2500);
  return told;
}

function failedLinks(cluster: ClusterUnderTest): readonly string[] {
  return [...cluster.nodes.values()].flatMap(({ linkEvents }) => linkEvents.map(({ type }) => type)).filter((type) => type === 'link.down');
}

describe('a route of more than three hops', () => {
  it('carries a track to the fifth node, and the report on its path names every hop', async () => {
    const cluster = await clusterOf(6, chain(6));
    const camera = await cluster.publish(1);
    const shown = await watch(cluster, 6, camera);

    const { hops, unanswered } = await pathOf(cluster, camera);

    expect(shown()).toBe(`${camera.publicationId}@`);
    expect(hops.map(({ from, to }) => `${from}>${to}`)).toEqual(['1>2', '2>3', '3>4', '4>5', '5>6']);
    expect(hops.at(-1)).toMatchObject({ route: [6, 5, 4, 3, 2, 1], subscribers: 1, why: 'there is no other route to node 1' });
    expect(unanswered).toEqual([]);
    expect(failedLinks(cluster)).toEqual([]);
  });

  it('has at most five hops', async () => {
    const cluster = await clusterOf(7, chain(7));
    const camera = await cluster.publish(1);
    const shown = await watch(cluster, 7, camera);

    await cluster.clock.advance(10_000);

    expect(shown()).toBeUndefined();
    expect(cluster.node(7).world.eventsOf('subscription.ended')).toEqual([expect.objectContaining({ reason: 'unreachable' })]);
  });

  it('is taken instead when the short one breaks', async () => {
    const cluster = await clusterOf(6, RING);
    const camera = await cluster.publish(1);
    const shown = await watch(cluster, 3, camera);
    const before = cluster.copies();
    cluster.mesh.cut(1, 2);

    await cluster.clock.advance(5000);

    expect(before).toHaveLength(2);
    expect(cluster.copies().map((copy) => copy.split(' ')[0])).toEqual(expect.arrayContaining(['1>4', '4>5', '5>6', '6>3']));
    expect(shown()).toBe(`${camera.publicationId}@`);
  });
});

describe('a node of an earlier version', () => {
  it.each([1, 2, 3, 4, 5])('gets no route of more than three hops as node %i of five in a row, and keeps its links', async (earlier) => {
    const cluster = await clusterOf(5, chain(5), [earlier]);
    const camera = await cluster.publish(1);
    const [near, far] = [await watch(cluster, 4, camera), await watch(cluster, 5, camera)];

    expect([near(), far()]).toEqual([`${camera.publicationId}@`, undefined]);
    expect(cluster.longestRouteTo(earlier)).toBeLessThanOrEqual(4);
    expect(failedLinks(cluster)).toEqual([]);
  });

  it('is not told that a longer route would have been possible, but all others are', async () => {
    const told = async (earlier: readonly number[]) => {
      const cluster = await clusterOf(6, RING, earlier);
      const camera = await cluster.publish(1);
      await watch(cluster, 3, camera);
      const { hops } = await pathOf(cluster, camera);
      return { why: hops.at(-1)?.why, longest: cluster.longestRouteTo(2), failed: failedLinks(cluster) };
    };

    expect(await told([])).toEqual({ why: 'the cheapest route, 80; the next best route, 3-6-5-4-1, costs 160', longest: 5, failed: [] });
    expect(await told([2])).toEqual({ why: 'the cheapest route, 80', longest: 3, failed: [] });
  });

  it('refuses no message but one with a longer route', () => {
    const followed = { type: 'follow', followId: 1, appId: 'app', sessionId: 'session-1-0000', name: 'camera' } as const;

    expect(acceptsRoute(3, { ...followed, route: [4, 3, 2, 1] })).toBe(true);
    expect(acceptsRoute(3, { ...followed, route: [5, 4, 3, 2, 1] })).toBe(false);
    expect(acceptsRoute(4, { ...followed, route: [5, 4, 3, 2, 1] })).toBe(true);
    expect(acceptsRoute(3, { type: 'unfollow', followId: 1 })).toBe(true);
  });
});
