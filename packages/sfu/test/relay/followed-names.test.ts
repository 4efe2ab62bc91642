import { TrackId, TrackName } from '@causeway/protocol';
import { ScriptedClient } from '@causeway/testkit/mesh';
import { APP, type Joined } from '../doubles/sfu-under-test.ts';
import { ClusterUnderTest } from './doubles/cluster-under-test.ts';

describe('a name on another node', () => {
  async function named() {
    const cluster = await ClusterUnderTest.linked([1, 2]);
    return { cluster, ...(await watched(cluster, [2])) };
  }

  async function watched(cluster: ClusterUnderTest, nodeNos: readonly number[]) {
    const publisher = await cluster.node(1).world.join(new ScriptedClient());
    cluster.node(1).shard.connect(publisher.id);
    await publishAs(cluster, publisher, 'camera-1');
    const viewers: Joined[] = [];
    for (const nodeNo of nodeNos) {
      const viewer = await cluster.join(nodeNo);
      await viewer.receive({ remoteSessionId: publisher.id, customTrackName: 'main' });
      await cluster.clock.advance(500);
      viewers.push(viewer);
    }
    return { publisher, viewer: viewers[0] as Joined, viewers };
  }

  async function publishAs(cluster: ClusterUnderTest, publisher: Joined, trackId: string): Promise<void> {
    const { mid } = publisher.client.addTransceiver('video', { direction: 'sendonly', trackId, streamId: 's', codecs: ['vp8'] });
    const tracks = [{ trackId: TrackId.parse(trackId), mid, customTrackName: TrackName.parse('main'), replace: true }];
    const { sfu } = cluster.node(1).world;
    publisher.client.applyAnswer(
      (await sfu.publish(APP, publisher.id, { tracks, sessionDescription: publisher.client.createOffer() })).sessionDescription,
    );
    const newest = cluster.node(1).shard.publicationsOf(publisher.id).at(-1)?.trackId ?? '';
    cluster.node(1).shard.sendLayers(newest);
  }

  function newestOf(cluster: ClusterUnderTest, publisher: Joined): string {
    return `${cluster.node(1).shard.publicationsOf(publisher.id).at(-1)?.trackId}@`;
  }

  it('is followed to the track that takes it over, on the same mid', async () => {
    const { cluster, publisher, viewer } = await named();

    await publishAs(cluster, publisher, 'camera-2');
    await cluster.clock.advance(6000);

    expect(cluster.shown(2, viewer)).toEqual([newestOf(cluster, publisher)]);
    expect(cluster.copies()).toHaveLength(1);
  });

  it('is followed over a gap without any track', async () => {
    const { cluster, publisher, viewer } = await named();
    await cluster.node(1).world.sfu.closeTracks(APP, publisher.id, { tracks: [{ trackId: TrackId.parse('camera-1') }] });
    await cluster.clock.advance(20_000);
    const between = cluster.shown(2, viewer);

    await publishAs(cluster, publisher, 'camera-2');
    await cluster.clock.advance(500);

    expect(between).toEqual([undefined]);
    expect(cluster.shown(2, viewer)).toEqual([newestOf(cluster, publisher)]);
  });

  it('is found again after the route to its node was lost', async () => {
    const { cluster, publisher, viewer } = await named();
    cluster.mesh.cut(1, 2);
    await cluster.clock.advance(30_000);
    const lost = cluster.shown(2, viewer);
    await publishAs(cluster, publisher, 'camera-2');

    cluster.mesh.heal(1, 2);
    await cluster.clock.advance(6000);

    expect(lost).toEqual([undefined]);
    expect(cluster.shown(2, viewer)).toEqual([newestOf(cluster, publisher)]);
  });

  // The root of a region is drawn by the id of the session: in one of the two cases the far node is it.
  it.each([2, 3])('is followed in a region where node %i reaches its owner best by way of the other', async (far) => {
    const records = { 1: { region: 'eu' }, 2: { region: 'us' }, 3: { region: 'us' } };
    const acrossMs = (nodeNo: number) => (nodeNo === far ? 200 : 20);
    const oneWayMs = (from: number, to: number) => (from === 1 || to === 1 ? acrossMs(Math.max(from, to)) : 5);
    const cluster = await ClusterUnderTest.linked([1, 2, 3], { records, oneWayMs });
    await cluster.clock.advance(3000);
    const { publisher, viewers } = await watched(cluster, [5 - far, far]);

    await publishAs(cluster, publisher, 'camera-2');
    await cluster.clock.advance(6000);

    const shown = [cluster.shown(5 - far, viewers[0] as Joined), cluster.shown(far, viewers[1] as Joined)];
    expect(shown).toEqual([[newestOf(cluster, publisher)], [newestOf(cluster, publisher)]]);
  });

  it('stays with its track when the route changes to a node that remembers another one', async () => {
    const cluster = await ClusterUnderTest.linked([1, 2, 3]);
    const { publisher, viewer: former } = await watched(cluster, [3]);
    await cluster.node(3).world.sfu.deleteSession(APP, former.id);
    await cluster.clock.advance(10_000);
    await publishAs(cluster, publisher, 'camera-2');
    const viewer = await cluster.join(2);
    await viewer.receive({ remoteSessionId: publisher.id, customTrackName: 'main' });
    await cluster.clock.advance(500);

    cluster.mesh.cut(1, 2);
    await cluster.clock.advance(6000);

    expect(cluster.shown(2, viewer)).toEqual([newestOf(cluster, publisher)]);
  });

  it('stays with its track while the registry still gives it to another one, which has a subscriber', async () => {
    const { cluster, publisher, viewer } = await named();
    const camera = { by: 'id', sessionId: publisher.id, trackId: 'camera-1' } as const;
    const stale = await cluster.registry.locateTrack(APP, camera);
    await publishAs(cluster, publisher, 'camera-2');
    await cluster.clock.advance(70_000);
    cluster.registry.locateTrack = async () => stale;

    const other = await cluster.join(2);
    await other.receive(publisher.track('camera-1'));
    await cluster.clock.advance(6000);

    expect(cluster.shown(2, viewer)).toEqual([newestOf(cluster, publisher)]);
    expect(cluster.shown(2, other)).toEqual([`${stale?.publicationId}@`]);
  });

  // As above: in one of the two cases the node that remembers is the root, by which the other one gets the track.
  it.each([2, 3])('stays with the track that has it when node %i passes on another one that it remembers by that name', async (root) => {
    const records = { 1: { region: 'eu' }, 2: { region: 'us' }, 3: { region: 'us' } };
    const cluster = await ClusterUnderTest.linked([1, 2, 3], { records });
    const { publisher, viewer: former } = await watched(cluster, [root]);
    await cluster.node(root).world.sfu.deleteSession(APP, former.id);
    await cluster.clock.advance(10_000);
    await publishAs(cluster, publisher, 'camera-2');
    const [viewer, other] = [await cluster.join(5 - root), await cluster.join(5 - root)];
    await viewer.receive({ remoteSessionId: publisher.id, customTrackName: 'main' });
    await cluster.clock.advance(500);

    await other.receive(publisher.track('camera-1'));
    await cluster.clock.advance(6000);

    expect(cluster.shown(5 - root, viewer)).toEqual([newestOf(cluster, publisher)]);
  });

  it('is no longer requested when its last follower has left', async () => {
    const { cluster, viewer } = await named();

    await cluster.node(2).world.sfu.deleteSession(APP, viewer.id);
    await cluster.clock.advance(100);

    const sent = cluster.node(2).shard.sentData.map(({ data }) => JSON.parse(String(data)).m.type);
    expect(sent.filter((type) => type === 'follow' || type === 'unfollow')).toEqual(['follow', 'unfollow']);
  });
});
