import { TrackId, TrackName } from '@causeway/protocol';
import { ScriptedClient } from '@causeway/testkit/mesh';
import { APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';

async function joinViewer(world: SfuUnderTest) {
  const client = new ScriptedClient();
  client.addTransceiver('video', { direction: 'recvonly' });
  return world.join(client);
}

test('the inspection counts sessions, what they publish, and who follows whom', async () => {
  const world = new SfuUnderTest();
  const publisher = await world.joinPublisher('camera');
  const viewer = await joinViewer(world);
  await viewer.receive(publisher.track('camera'));

  const { objects, sessionsByState, sessionsCreated, kept } = await world.sfu.inspect();

  expect(objects.sessions).toEqual({
    sessions: 2,
    publications: 1,
    subscriptions: 1,
    openTracks: 1,
    followers: 1,
    followedTracks: 1,
    followedNames: 0,
    timers: world.clock.armedTimers,
    registrySessions: 2,
    registryTracks: 1,
    openDataChannels: 0,
    dataSubscriptions: 0,
    dataFollowers: 0,
    registryDataChannels: 0,
  });
  expect(objects.engine).toMatchObject({ transports: 2, publisherTracks: 1, subscriberTracks: 1 });
  expect(sessionsByState).toEqual({ new: 1, connecting: 0, connected: 1, disconnected: 0, failed: 0 });
  expect(sessionsCreated).toBe(2);
  expect(kept).toEqual({ conversations: 0, tombstones: 0 });
});

test('joining takes from the creation of a session until its client is connected for the first time', async () => {
  const world = new SfuUnderTest();
  const viewer = await joinViewer(world);
  await joinViewer(world);
  await world.clock.advance(700);

  world.shard.connect(viewer.id);
  await world.clock.advance(60);
  world.shard.listener({ type: 'connection-state', transportId: viewer.id, state: 'disconnected' });
  world.shard.connect(viewer.id);

  const { joins } = await world.sfu.inspect();
  expect(joins).toEqual({ counts: [0, 0, 0, 0, 1, 0, 0, 0, 0, 0], sumMs: 700 });
});

test('when all sessions have ended, every object is gone, whatever was in progress', async () => {
  const world = new SfuUnderTest();
  const publisher = await world.joinPublisher('camera');
  const viewers = [await joinViewer(world), await joinViewer(world), await joinViewer(world)] as const;
  await viewers[0].receive(publisher.track('camera'));
  await viewers[1].subscribe(publisher.track('camera'));
  const neverAnswered = viewers[1].subscribe({ ...publisher.track('camera'), duplicate: true });
  neverAnswered.catch(() => undefined);
  await world.sfu.publish(APP, publisher.id, {
    tracks: [{ trackId: TrackId.parse('camera'), mid: '0', customTrackName: TrackName.parse('front') }],
    sessionDescription: publisher.client.createOffer(),
  });
  await viewers[2].receive({ remoteSessionId: publisher.id, customTrackName: 'front' });

  world.shard.lose(publisher.id, 'connection_lost');
  for (const { id } of viewers) await world.sfu.deleteSession(APP, id);

  const { objects, sessionsClosed, kept } = await world.sfu.inspect();
  expect(new Set(Object.values(objects.sessions))).toEqual(new Set([0]));
  expect(new Set(Object.values(objects.engine))).toEqual(new Set([0]));
  expect(sessionsClosed).toMatchObject({ requested: 3, connection_lost: 1, setup_timeout: 0 });
  expect(kept).toEqual({ conversations: 0, tombstones: 4 });
});

test('tombstones are forgotten after ten minutes', async () => {
  const world = new SfuUnderTest();
  const first = await joinViewer(world);
  await world.sfu.deleteSession(APP, first.id);

  await world.clock.advance(10 * 60_000 + 1);
  const second = await joinViewer(world);
  await world.sfu.deleteSession(APP, second.id);

  expect((await world.sfu.inspect()).kept).toEqual({ conversations: 0, tombstones: 1 });
});
