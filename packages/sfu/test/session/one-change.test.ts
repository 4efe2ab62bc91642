import { TrackId, TrackName } from '@causeway/protocol';
import { ScriptedClient } from '@causeway/testkit/mesh';
import { Session } from '../../src/session/session.ts';
import { APP, type Joined, SfuUnderTest } from '../doubles/sfu-under-test.ts';
import { watched } from '../doubles/watched.ts';

const COPIES = 8;

/** A viewer with copies of one track that is followed by its name. */
async function withCopies(): Promise<{ world: SfuUnderTest; publisher: Joined; viewer: Joined }> {
  const world = new SfuUnderTest();
  const publisher = await world.join(new ScriptedClient());
  await publishAs(world, publisher, 'camera-1');
  const viewer = await world.join(new ScriptedClient());
  const copy = { remoteSessionId: publisher.id, customTrackName: 'main', duplicate: true };
  await viewer.receive(...Array.from({ length: COPIES }, () => copy));
  return { world, publisher, viewer };
}

async function publishAs(world: SfuUnderTest, publisher: Joined, trackId: string, codecs: readonly string[] = ['vp8']): Promise<void> {
  const { mid } = publisher.client.addTransceiver('video', { direction: 'sendonly', trackId, streamId: 's', codecs });
  const tracks = [{ trackId: TrackId.parse(trackId), mid, customTrackName: TrackName.parse('main'), replace: true }];
  const reply = await world.sfu.publish(APP, publisher.id, { tracks, sessionDescription: publisher.client.createOffer() });
  publisher.client.applyAnswer(reply.sessionDescription);
}

/** How often the session's state changes while this runs. */
async function changesOf({ id }: Joined, run: () => Promise<unknown>): Promise<number> {
  const commit = jest.spyOn(Session.prototype, 'commit');
  await run();
  const changes = commit.mock.contexts.filter((session) => session.id === id).length;
  commit.mockRestore();
  return changes;
}

describe('the state of a session changes once', () => {
  it('with all items of a track/update, and not at all if none can be done', async () => {
    const { world, publisher, viewer } = await watched();
    const other = await world.joinPublisher('screen');
    await viewer.receive({ ...publisher.track('camera'), duplicate: true });
    const switches = ['s0', 's1'].map((mid) => ({ ...other.track('screen'), mid, paused: true }));
    const puts = world.shard.log.length;

    const changes = await changesOf(viewer, () => world.sfu.updateTracks(APP, viewer.id, { tracks: switches }));
    const refused = world.sfu.updateTracks(APP, viewer.id, { tracks: [{ mid: 's9', paused: true }] });

    await expect(refused).rejects.toMatchObject({ code: 'track_not_found' });
    expect(changes).toBe(1);
    expect(world.shard.log.slice(puts).map((line) => line.split(' ')[0])).toEqual(['put-subscriber-track', 'put-subscriber-track']);
    const [screen] = world.shard.publicationsOf(other.id);
    expect(world.shard.subscriptionsOf(viewer.id).map(({ sourceTrackId, paused }) => [sourceTrackId, paused])).toEqual([
      [screen?.trackId, true],
      [screen?.trackId, true],
    ]);
  });

  it('when a track with many copies ends, and each copy is reported', async () => {
    const { world, publisher, viewer } = await withCopies();

    const changes = await changesOf(viewer, () => world.sfu.closeTracks(APP, publisher.id, { tracks: [{ trackId: 'camera-1' }] }));

    expect(changes).toBe(1);
    expect(world.eventsOf('subscription.ended')).toHaveLength(COPIES);
    expect(new Set(world.shard.subscriptionsOf(viewer.id).map(({ sourceTrackId }) => sourceTrackId))).toEqual(new Set([undefined]));
  });

  it.each([
    [
      'are closed',
      (world: SfuUnderTest, { id }: Joined) => world.sfu.closeTracks(APP, id, { tracks: [{ trackId: 'a' }, { trackId: 'b' }] }),
    ],
    ['end with their session', (world: SfuUnderTest, { id }: Joined) => world.sfu.deleteSession(APP, id)],
  ])('when several tracks that it watches %s', async (_what, end) => {
    const world = new SfuUnderTest();
    const client = new ScriptedClient();
    for (const trackId of ['a', 'b', 'c']) client.addTransceiver('video', { direction: 'sendonly', trackId, streamId: 's' });
    const publisher = await world.join(client);
    const viewer = await world.join(new ScriptedClient());
    await viewer.receive(publisher.track('a'), publisher.track('b'));

    const changes = await changesOf(viewer, () => end(world, publisher));

    expect(changes).toBe(1);
    expect(world.shard.subscriptionsOf(viewer.id)).toEqual([]);
    expect(world.eventsOf('subscription.ended')).toHaveLength(2);
  });

  it.each([
    ['follow', ['vp8'], COPIES, 0],
    ['cannot follow', ['h264'], 0, COPIES],
  ])('when many copies %s a name to another track', async (_what, codecs, followed, failed) => {
    const { world, publisher, viewer } = await withCopies();

    const changes = await changesOf(viewer, () => publishAs(world, publisher, 'camera-2', codecs));

    const newest = world.shard.publicationsOf(publisher.id)[1];
    expect(changes).toBe(1);
    expect(world.shard.subscriptionsOf(viewer.id).filter(({ sourceTrackId }) => sourceTrackId === newest?.trackId)).toHaveLength(followed);
    expect(world.eventsOf('subscription.failed')).toHaveLength(failed);
  });
});
