import { TrackId, TrackName } from '@causeway/protocol';
import { ScriptedClient } from '../doubles/scripted-client.ts';
import { APP, type Joined } from '../doubles/sfu-under-test.ts';
import { ClusterUnderTest } from './doubles/cluster-under-test.ts';

describe('a name on another node', () => {
  async function named() {
    const cluster = await ClusterUnderTest.linked([1, 2]);
    const publisher = await cluster.node(1).world.join(new ScriptedClient());
    cluster.node(1).shard.connect(publisher.id);
    await publishAs(cluster, publisher, 'camera-1');
    const viewer = await cluster.join(2);
    await viewer.receive({ remoteSessionId: publisher.id, customTrackName: 'main' });
    await cluster.clock.advance(500);
    return { cluster, publisher, viewer };
  }

  async function publishAs(cluster: ClusterUnderTest, publisher: Joined, trackId: string): Promise<void> {
    const { mid } = publisher.client.addTransceiver('video', { direction: 'sendonly', trackId, streamId: 's', codecs: ['vp8'] });
    const tracks = [{ trackId: TrackId.parse(trackId), mid, customTrackName: TrackName.parse('main'), replace: true }];
    const { sfu } = cluster.node(1).world;
    publisher.client.applyAnswer(
      (await sfu.publish(APP, publisher.id, { tracks, sessionDescription: publisher.client.createOffer() })).sessionDescription,
    );
    const newest = cluster.node(1).shard.publicationsOf(publisher.id).at(-1)?.trackId ?? '';
    cluster.node(1).shard.send(newest);
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

  it('is found again after the way to its node was lost', async () => {
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

  it('is no longer asked for when nobody follows it', async () => {
    const { cluster, viewer } = await named();

    await cluster.node(2).world.sfu.deleteSession(APP, viewer.id);
    await cluster.clock.advance(100);

    const sent = cluster.node(2).shard.sentData.map(({ data }) => JSON.parse(String(data)).m.type);
    expect(sent.filter((type) => type === 'follow' || type === 'unfollow')).toEqual(['follow', 'unfollow']);
  });
});
