import { TrackId, TrackName } from '@causeway/protocol';
import { ScriptedClient } from '@causeway/testkit/mesh';
import { APP, type Joined, SfuUnderTest } from '../doubles/sfu-under-test.ts';

describe('a subscription by name', () => {
  async function named(): Promise<{ world: SfuUnderTest; publisher: Joined; viewer: Joined }> {
    const world = new SfuUnderTest();
    const publisher = await world.join(new ScriptedClient());
    await publishAs(world, publisher, 'camera-1', 'main');
    const viewer = await world.join(new ScriptedClient());
    await viewer.receive({ remoteSessionId: publisher.id, customTrackName: 'main' });
    return { world, publisher, viewer };
  }

  async function publishAs(
    world: SfuUnderTest,
    publisher: Joined,
    trackId: string,
    name: string,
    options: { codecs?: readonly string[]; replace?: boolean } = {},
  ): Promise<void> {
    const { codecs = ['vp8'], replace = false } = options;
    const { mid } = publisher.client.addTransceiver('video', { direction: 'sendonly', trackId, streamId: 's', codecs });
    const tracks = [{ trackId: TrackId.parse(trackId), mid, customTrackName: TrackName.parse(name), replace }];
    const reply = await world.sfu.publish(APP, publisher.id, { tracks, sessionDescription: publisher.client.createOffer() });
    publisher.client.applyAnswer(reply.sessionDescription);
  }

  it('follows the name from a closed track to the next, on the same mid and without SDP', async () => {
    const { world, publisher, viewer } = await named();
    const source = () => world.shard.subscriptionsOf(viewer.id).map(({ sourceTrackId, mid }) => [mid, sourceTrackId]);
    await world.sfu.closeTracks(APP, publisher.id, { tracks: [{ trackId: 'camera-1' }] });
    const between = source();

    await publishAs(world, publisher, 'camera-2', 'main');

    expect(between).toEqual([['s0', undefined]]);
    expect(source()).toEqual([['s0', world.shard.publicationsOf(publisher.id)[0]?.trackId]]);
    const { subscriptions } = await world.sfu.describeSession(APP, viewer.id);
    expect(subscriptions).toEqual([
      expect.objectContaining({ mid: 's0', customTrackName: 'main', remoteTrackId: 'camera-2', status: 'pending' }),
    ]);
    const told = world.events.filter(({ type }) => type.startsWith('subscription.'));
    expect(told.map((event) => [event.type, 'remoteTrackId' in event && event.remoteTrackId])).toEqual([
      ['subscription.active', 'camera-1'],
      ['subscription.ended', 'camera-1'],
      ['subscription.active', 'camera-2'],
    ]);
  });

  it('follows a name that another track takes over', async () => {
    const { world, publisher, viewer } = await named();

    await publishAs(world, publisher, 'camera-2', 'main', { replace: true });

    const newest = world.shard.publicationsOf(publisher.id)[1];
    expect(world.shard.subscriptionsOf(viewer.id)[0]?.sourceTrackId).toBe(newest?.trackId);
  });

  it('ends if the new track needs another codec', async () => {
    const { world, publisher, viewer } = await named();

    await publishAs(world, publisher, 'camera-2', 'main', { codecs: ['h264'], replace: true });

    expect(world.shard.subscriptionsOf(viewer.id)).toEqual([]);
    const { subscriptions } = await world.sfu.describeSession(APP, viewer.id);
    expect(subscriptions).toEqual([expect.objectContaining({ mid: 's0', errorCode: 'codec_mismatch' })]);
  });

  it('ends with the session of its publisher', async () => {
    const { world, publisher, viewer } = await named();

    await world.sfu.deleteSession(APP, publisher.id);

    expect(world.shard.subscriptionsOf(viewer.id)).toEqual([]);
  });
});
