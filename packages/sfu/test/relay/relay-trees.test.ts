import type { TrackPathReply } from '@causeway/protocol';
import { APP } from '../doubles/sfu-under-test.ts';
import { type ClusterChanges, ClusterUnderTest } from './doubles/cluster-under-test.ts';

/** Round trips of 200 ms between nodes 1 and 2, of 40 ms from both to 3. */
const AROUND_THREE = (from: number, to: number) => (from + to === 3 ? 100 : 20);

function linked(nodeNos: readonly number[], oneWayMs: (from: number, to: number) => number, changes: ClusterChanges = {}) {
  return ClusterUnderTest.linked(nodeNos, { oneWayMs, ...changes });
}

async function path(cluster: ClusterUnderTest, nodeNo: number, sessionId: string): Promise<TrackPathReply> {
  const told = cluster.node(nodeNo).world.sfu.trackPath(APP, sessionId, 'camera');
  await cluster.clock.advance(2000);
  return told;
}

describe('a tree of relays', () => {
  it('goes through a third node that is nearer to both, and reports why', async () => {
    const cluster = await linked([1, 2, 3], AROUND_THREE);
    const { publisher, publicationId } = await cluster.publish(1);
    const viewer = await cluster.join(2);
    await viewer.receive(publisher.track('camera'));
    await cluster.clock.advance(1000);

    const told = await path(cluster, 1, publisher.id);

    expect([...cluster.copies()].sort()).toEqual([`1>3 ${publicationId}@`, `3>2 ${publicationId}@`]);
    expect(cluster.shown(2, viewer)).toEqual([`${publicationId}@`]);
    expect(told).toMatchObject({ node: 1, region: 'region-1', subscribers: 0, unanswered: [], refusedLinks: [] });
    expect(told.hops).toEqual([
      {
        from: 1,
        to: 3,
        fromRegion: 'region-1',
        toRegion: 'region-3',
        layers: [''],
        rttMs: 40,
        lossRatio: 0,
        pricePerGb: 0,
        cost: 60,
        subscribers: 0,
        route: [3, 1],
        why: 'node 3 passes it on; it had no copy of its own',
      },
      {
        from: 3,
        to: 2,
        fromRegion: 'region-3',
        toRegion: 'region-2',
        layers: [''],
        rttMs: 40,
        lossRatio: 0,
        pricePerGb: 0,
        cost: 60,
        subscribers: 1,
        route: [2, 3, 1],
        why: 'the cheapest route, 120; the next best route, 2-1, costs 220',
      },
    ]);
  });

  it('feeds the intermediate node and the nodes behind it from one copy', async () => {
    const cluster = await linked([1, 2, 3], AROUND_THREE);
    const { publisher, publicationId } = await cluster.publish(1);
    for (const nodeNo of [2, 3, 2, 3]) await (await cluster.join(nodeNo)).receive(publisher.track('camera'));
    await cluster.clock.advance(10_000);

    expect([...cluster.copies()].sort()).toEqual([`1>3 ${publicationId}@`, `3>2 ${publicationId}@`]);
  });

  it('carries further down only the layers that are wanted there', async () => {
    const cluster = await linked([1, 2, 3], AROUND_THREE);
    const { publisher, publicationId } = await cluster.publish(1, { rids: ['l', 'm', 'h'] });
    await (await cluster.join(3)).receive(publisher.track('camera'));
    await (await cluster.join(2)).receive({ ...publisher.track('camera'), simulcast: { preferredRid: 'l' } });
    await cluster.clock.advance(5000);

    expect([...cluster.copies()].sort()).toEqual([`1>3 ${publicationId}@h`, `1>3 ${publicationId}@l`, `3>2 ${publicationId}@l`]);
  });

  it('stops along the whole route when the last subscriber leaves', async () => {
    const cluster = await linked([1, 2, 3], AROUND_THREE);
    const { publisher } = await cluster.publish(1);
    const viewer = await cluster.join(2);
    await viewer.receive(publisher.track('camera'));
    await cluster.clock.advance(1000);

    await cluster.node(2).world.sfu.deleteSession(APP, viewer.id);
    await cluster.clock.advance(5000);
    const atTheLeaf = cluster.copies();
    await cluster.clock.advance(5000);

    expect([atTheLeaf.length, cluster.copies().length]).toEqual([1, 0]);
  });

  it('tells every node on the route that the track has ended', async () => {
    const cluster = await linked([1, 2, 3], AROUND_THREE);
    const { publisher } = await cluster.publish(1);
    const viewer = await cluster.join(2);
    await viewer.receive(publisher.track('camera'));
    await cluster.clock.advance(1000);

    await cluster.node(1).world.sfu.deleteSession(APP, publisher.id);
    await cluster.clock.advance(200);

    expect(cluster.node(2).world.eventsOf('subscription.ended')).toEqual([expect.objectContaining({ reason: 'session_closed' })]);
    expect([...cluster.nodes.values()].map(({ shard }) => [...shard.publications.keys()])).toEqual([[], [], []]);
  });

  it('has one node of each region bring a track in for the others there', async () => {
    const records = { 1: { region: 'eu' }, 2: { region: 'us' }, 3: { region: 'us' }, 4: { region: 'us' } };
    const cluster = await linked([1, 2, 3, 4], (from, to) => (from === 1 || to === 1 ? 40 : 1), { records });
    const { publisher, publicationId } = await cluster.publish(1);
    const viewers = [];
    for (const nodeNo of [2, 3, 4]) {
      const viewer = await cluster.join(nodeNo);
      await viewer.receive(publisher.track('camera'));
      viewers.push([nodeNo, viewer] as const);
    }
    await cluster.clock.advance(3000);

    expect(cluster.copies().filter((copy) => copy.startsWith('1>'))).toHaveLength(1);
    expect(cluster.copies()).toHaveLength(3);
    for (const [nodeNo, viewer] of viewers) expect(cluster.shown(nodeNo, viewer)).toEqual([`${publicationId}@`]);
  });

  it('grows below those that have the track when the owner sends it to as many as it may', async () => {
    const nodeNos = [1, 2, 3, 4, 5];
    const cluster = await linked(nodeNos, () => 20, { cluster: { maxFanOut: 2 } });
    const { publisher, publicationId } = await cluster.publish(1);
    const viewers = [];
    for (const nodeNo of [2, 3, 4, 5]) {
      const viewer = await cluster.join(nodeNo);
      await viewer.receive(publisher.track('camera'));
      viewers.push([nodeNo, viewer] as const);
      await cluster.clock.advance(1000);
    }
    const told = await path(cluster, 1, publisher.id);

    expect(cluster.copies().filter((copy) => copy.startsWith('1>'))).toHaveLength(2);
    for (const [nodeNo, viewer] of viewers) expect(cluster.shown(nodeNo, viewer)).toEqual([`${publicationId}@`]);
    expect(told.hops.filter(({ why }) => why.includes('as many nodes as it may'))).toHaveLength(2);
  });
});

describe('a track that is watched on every node of several regions', () => {
  const regionOf = (nodeNo: number) => `region-${nodeNo % 3}`;

  /** Nodes 1 to `size` in three regions, an ocean between them, and a viewer on each but the owner's. */
  async function watchedEverywhere(size: number, maxFanOut: number, changes: ClusterChanges = {}) {
    const nodeNos = Array.from({ length: size }, (_, index) => index + 1);
    const records = Object.fromEntries(nodeNos.map((nodeNo) => [nodeNo, { region: regionOf(nodeNo) }]));
    const oneWayMs = (from: number, to: number) => (regionOf(from) === regionOf(to) ? 1 : 40);
    const cluster = await linked(nodeNos, oneWayMs, { ...changes, records, cluster: { maxFanOut } });
    const { publisher, publicationId } = await cluster.publish(1);
    const viewers = await Promise.all(
      nodeNos.slice(1).map(async (nodeNo) => {
        const viewer = await cluster.join(nodeNo);
        await viewer.receive(publisher.track('camera'));
        return [nodeNo, viewer] as const;
      }),
    );
    const isShown = () => viewers.map(([nodeNo, viewer]) => cluster.nodes.has(nodeNo) && cluster.shown(nodeNo, viewer)[0]);
    return { cluster, publicationId, viewers, isShown };
  }

  function crossings(cluster: ClusterUnderTest): readonly string[] {
    const ends = cluster.copies().map((copy) => copy.split(' ')[0]?.split('>').map(Number) ?? []);
    return ends.flatMap(([from = 0, to = 0]) => (regionOf(from) === regionOf(to) ? [] : [`${regionOf(from)}>${regionOf(to)}`])).sort();
  }

  it.each([
    [12, 3],
    [18, 3],
    [24, 16],
  ])('comes into each region once, on %i nodes of which each feeds %i', async (size, maxFanOut) => {
    const { cluster, publicationId, isShown } = await watchedEverywhere(size, maxFanOut);

    const most = await mostInto(cluster, 5000, 100);

    expect(most).toBeLessThanOrEqual(2);
    expect(new Set(isShown())).toEqual(new Set([`${publicationId}@`]));
    expect(cluster.copies()).toHaveLength(size - 1);
    expect(crossings(cluster)).toEqual(['region-1>region-0', 'region-1>region-2']);
  });

  /** How many copies come into the region that has the most, at most, while so much time passes. */
  async function mostInto(cluster: ClusterUnderTest, forMs: number, stepMs: number): Promise<number> {
    let most = 0;
    for (let ms = 0; ms < forMs; ms += stepMs) {
      await cluster.clock.advance(stepMs);
      const regions = crossings(cluster).map((crossing) => crossing.split('>')[1]);
      for (const region of regions) most = Math.max(most, regions.filter((each) => each === region).length);
    }
    return most;
  }

  // Unless the owner knew that the first root's link is lost, it refused the next one, whose children then went elsewhere one by one.
  it.each([
    ['all notice it at the same time', () => 2000, 1],
    ['the owner is the last to notice', (at: number) => (at === 1 ? 2600 : 2000), 2],
    ['each notices it at another time', (at: number) => 2000 + ((at * 31) % 7) * 80, 2],
  ])('comes again within three seconds when the node dies that brings it into a region, if %s', async (_, silenceMs, most) => {
    const { cluster, publicationId, viewers } = await watchedEverywhere(24, 16, { silenceMs });
    await cluster.clock.advance(5000);
    const [, root = 0] = cluster.copies().flatMap((copy) => {
      const [from = 0, to = 0] = copy.split(' ')[0]?.split('>').map(Number) ?? [];
      return regionOf(from) === 'region-1' && regionOf(to) === 'region-2' ? [from, to] : [];
    });
    const others = viewers.filter(([nodeNo]) => nodeNo !== root);

    await cluster.kill(root);
    await cluster.clock.advance(1900);
    const first = await mostInto(cluster, 1100, 20);
    const shown = others.map(([nodeNo, viewer]) => cluster.shown(nodeNo, viewer)[0]);
    cluster.tellGone(root, 'lease-ended');
    const later = await mostInto(cluster, 30_000, 200);

    expect(new Set(shown)).toEqual(new Set([`${publicationId}@`]));
    expect(Math.max(first, later)).toBeLessThanOrEqual(most);
    expect(crossings(cluster)).toEqual(['region-1>region-0', 'region-1>region-2']);
  });
});

describe('a link that fails', () => {
  it('is routed around within three seconds, and what went over it goes nowhere twice', async () => {
    const cluster = await linked([1, 2, 3], () => 20);
    const { publisher, publicationId } = await cluster.publish(1);
    const viewer = await cluster.join(2);
    await viewer.receive(publisher.track('camera'));
    await cluster.clock.advance(1000);
    const before = cluster.copies();

    cluster.mesh.cut(1, 2);
    await cluster.clock.advance(3000);
    const around = cluster.copies();
    const shown = cluster.shown(2, viewer);
    await cluster.clock.advance(60_000);

    expect(before).toEqual([`1>2 ${publicationId}@`]);
    expect([...around].filter((copy) => !copy.startsWith('1>2')).sort()).toEqual([`1>3 ${publicationId}@`, `3>2 ${publicationId}@`]);
    expect(shown).toEqual([`${publicationId}@`]);
    expect([...cluster.copies()].sort()).toEqual([`1>3 ${publicationId}@`, `3>2 ${publicationId}@`]);
    expect(cluster.node(2).world.eventsOf('subscription.ended')).toEqual([]);
  });

  it('further up is routed around as well', async () => {
    const cluster = await linked([1, 2, 3, 4], (from, to) => (from + to === 3 ? 200 : 20));
    cluster.mesh.cut(1, 2);
    await cluster.clock.advance(10_000);
    const { publisher, publicationId } = await cluster.publish(1);
    const viewer = await cluster.join(2);
    await viewer.receive(publisher.track('camera'));
    await cluster.clock.advance(1000);
    const before = cluster.copies();

    cluster.mesh.cut(1, 3);
    await cluster.clock.advance(3000);

    expect([...before].sort()).toEqual([`1>3 ${publicationId}@`, `3>2 ${publicationId}@`]);
    expect(cluster.shown(2, viewer)).toEqual([`${publicationId}@`]);
    expect([...cluster.copies()].filter((copy) => copy.startsWith('1>') && copy !== `1>3 ${publicationId}@`)).toEqual([
      `1>4 ${publicationId}@`,
    ]);
  });

  it('carries the track again once it has been better for five seconds, with exactly one source at every moment', async () => {
    const cluster = await linked([1, 2, 3], () => 20);
    const { publisher, publicationId } = await cluster.publish(1);
    const viewer = await cluster.join(2);
    await viewer.receive(publisher.track('camera'));
    cluster.mesh.cut(1, 2);
    await cluster.clock.advance(30_000);
    cluster.mesh.heal(1, 2);
    const shown = [];
    for (let step = 0; step < 300; step++) {
      await cluster.clock.advance(50);
      shown.push(cluster.shown(2, viewer)[0]);
    }
    await cluster.clock.advance(5000);

    expect(new Set(shown)).toEqual(new Set([`${publicationId}@`]));
    expect(cluster.copies()).toEqual([`1>2 ${publicationId}@`]);
  });

  it('to a node between that dies is routed around', async () => {
    const cluster = await linked([1, 2, 3], AROUND_THREE);
    const { publisher, publicationId } = await cluster.publish(1);
    const viewer = await cluster.join(2);
    await viewer.receive(publisher.track('camera'));
    await cluster.clock.advance(1000);

    await cluster.kill(3);
    await cluster.clock.advance(3500);

    expect(cluster.shown(2, viewer)).toEqual([`${publicationId}@`]);
    expect(cluster.copies()).toEqual([`1>2 ${publicationId}@`]);
  });
});

describe('a node that drains', () => {
  it('still sends its own tracks, but no longer passes on those of others', async () => {
    const cluster = await linked([1, 2, 3], AROUND_THREE);
    const own = await cluster.publish(3);
    const passedOn = await cluster.publish(1);
    const viewer = await cluster.join(2);
    await viewer.receive(own.publisher.track('camera'), passedOn.publisher.track('camera'));
    await cluster.clock.advance(1000);

    cluster.node(3).directory.announce({ state: 'draining' });
    await cluster.clock.advance(12_000);

    expect([...cluster.copies()].sort()).toEqual([`1>2 ${passedOn.publicationId}@`, `3>2 ${own.publicationId}@`]);
    expect(cluster.shown(2, viewer)).toEqual([`${own.publicationId}@`, `${passedOn.publicationId}@`]);
  });
});

test('a moving track uses the old and the new route together for a moment, so that no packet in transit is lost', async () => {
  const cluster = await linked([1, 2, 3], AROUND_THREE);
  const { publisher, publicationId } = await cluster.publish(1);
  const viewer = await cluster.join(2);
  await viewer.receive(publisher.track('camera'));
  await cluster.clock.advance(1000);
  const sourceOf = () => cluster.node(2).shard.subscriptionsOf(viewer.id)[0]?.sourceTrackId;
  const before = sourceOf();

  cluster.node(3).directory.announce({ state: 'draining' });
  const bothMs: number[] = [];
  for (let step = 0; step < 500 && sourceOf() === before; step++) {
    await cluster.clock.advance(10);
    const copies = cluster.copies();
    if (copies.includes(`1>2 ${publicationId}@`) && copies.includes(`3>2 ${publicationId}@`)) bothMs.push(cluster.clock.nowMs());
  }

  const { publications } = cluster.node(2).shard;
  expect(sourceOf()).not.toBe(before);
  expect((bothMs.at(-1) ?? 0) - (bothMs[0] ?? 0)).toBeGreaterThanOrEqual(200);
  expect([before, sourceOf()].map((trackId) => publications.get(trackId ?? '')?.copyOf)).toEqual([publicationId, publicationId]);
});

describe('the path of a track', () => {
  it('names links that are refused, and why', async () => {
    const cluster = await linked([1, 2], () => 20, { records: { 2: { linkVersions: { min: 9, max: 9 } } } });
    const { publisher } = await cluster.publish(1);

    const told = await path(cluster, 1, publisher.id);

    expect(told.refusedLinks).toEqual([
      { node: 2, region: 'region-2', reason: 'no common link version: this node supports 1 to 4, the other 9 to 9' },
    ]);
  });

  it('is known of a node that does not answer in time', async () => {
    const cluster = await linked([1, 2], () => 20);
    const { publisher } = await cluster.publish(1);
    await (await cluster.join(2)).receive(publisher.track('camera'));
    await cluster.clock.advance(500);
    cluster.mesh.cut(1, 2);

    const told = await path(cluster, 1, publisher.id);

    expect(told).toMatchObject({ hops: [{ from: 1, to: 2, layers: [''] }], unanswered: [2] });
  });

  it('is asked for once, however many want to know it', async () => {
    const cluster = await linked([1, 2], () => 20);
    const { publisher } = await cluster.publish(1);
    await (await cluster.join(2)).receive(publisher.track('camera'));
    await cluster.clock.advance(500);
    const { sentData } = cluster.node(1).shard;
    const askedFor = () => sentData.filter(({ data }) => `${data}`.includes('"ask-path"')).length;

    const told = Array.from({ length: 1000 }, () => cluster.node(1).world.sfu.trackPath(APP, publisher.id, 'camera'));
    await cluster.clock.advance(1000);
    const soon = await path(cluster, 1, publisher.id);
    const askedAtFirst = askedFor();
    await path(cluster, 1, publisher.id);

    expect(new Set((await Promise.all([...told, soon])).map((each) => JSON.stringify(each))).size).toBe(1);
    expect(soon).toMatchObject({ hops: [{ from: 1, to: 2, subscribers: 1 }], unanswered: [] });
    expect([askedAtFirst, askedFor()]).toEqual([1, 2]);
  });

  it('is only that of tracks that are there', async () => {
    const cluster = await linked([1, 2], () => 20);
    const { publisher } = await cluster.publish(1);

    await expect(cluster.node(1).world.sfu.trackPath(APP, publisher.id, 'screen')).rejects.toMatchObject({ code: 'track_not_found' });
  });
});
