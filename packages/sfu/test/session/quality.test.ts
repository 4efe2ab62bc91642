/** Five minutes of a session's quality: samples of the engine in the words of the API, and those that come while someone watches. */
import type { QualitySample as EngineSample } from '@causeway/media';
import { type QualitySample, SessionQualityReply } from '@causeway/protocol';
import { ScriptedClient } from '@causeway/testkit/mesh';
import { APP, type Joined, OTHER_APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';

const START_MS = Date.UTC(2026, 1, 3);

async function startCall() {
  const world = new SfuUnderTest();
  const publisher = await world.joinPublisher();
  const viewer = await world.join(new ScriptedClient());
  await viewer.receive(publisher.track('camera'));
  /** Has the engine take one more sample. */
  const sample = (joined: Joined, seconds: number, changes: Partial<EngineSample> = {}) => {
    const taken: EngineSample = {
      atMs: START_MS + seconds * 1_000,
      rttMs: 40,
      estimatedBps: 2_000_000,
      publications: world.shard
        .publicationsOf(joined.id)
        .map(({ trackId }) => ({ id: trackId, bitrateBps: 1e6, lossRatio: 0.01, rid: undefined })),
      subscriptions: world.shard
        .subscriptionsOf(joined.id)
        .map(({ subscriptionId }) => ({ id: subscriptionId, bitrateBps: 5e5, lossRatio: undefined, rid: 'h' })),
      ...changes,
    };
    world.shard.qualities.set(joined.id, [...(world.shard.qualities.get(joined.id) ?? []), taken]);
  };
  return { world, publisher, viewer, sample };
}

test('samples name the media lines of the session, and leave out what is not known', async () => {
  const { world, publisher, viewer, sample } = await startCall();
  sample(publisher, 5);
  sample(viewer, 5, { rttMs: undefined, estimatedBps: undefined });

  const [ofPublisher, ofViewer] = await Promise.all([publisher, viewer].map(({ id }) => world.sfu.sessionQuality(APP, id)));

  expect(SessionQualityReply.parse(ofPublisher).samples).toEqual([
    {
      at: '2026-02-03T00:00:05.000Z',
      rttMs: 40,
      estimatedBps: 2_000_000,
      publications: expect.arrayContaining([{ mid: expect.any(String), trackKind: 'video', bitrateBps: 1e6, lossRatio: 0.01 }]),
      subscriptions: [],
    },
  ]);
  const remote = { remoteSessionId: publisher.id, remoteTrackId: 'camera' };
  expect(SessionQualityReply.parse(ofViewer).samples).toEqual([
    {
      at: '2026-02-03T00:00:05.000Z',
      publications: [],
      subscriptions: [{ mid: expect.any(String), trackKind: 'video', ...remote, bitrateBps: 5e5, rid: 'h' }],
    },
  ]);
});

test('tracks that the session no longer has are left out', async () => {
  const { world, viewer, sample } = await startCall();
  sample(viewer, 5, { subscriptions: [{ id: 'gone', bitrateBps: 1, lossRatio: 0, rid: undefined }] });

  const { samples } = await world.sfu.sessionQuality(APP, viewer.id);

  expect(samples).toEqual([expect.objectContaining({ publications: [], subscriptions: [] })]);
});

test('a session of another app, or one that has ended, is not shown', async () => {
  const { world, viewer } = await startCall();

  await expect(world.sfu.sessionQuality(OTHER_APP, viewer.id)).rejects.toMatchObject({ code: 'session_not_found' });
  await world.sfu.deleteSession(APP, viewer.id);
  await expect(world.sfu.sessionQuality(APP, viewer.id)).rejects.toMatchObject({ code: 'session_closed' });
});

test('who watches is told each new sample once, and nothing after the watch or the session has ended', async () => {
  const { world, viewer, sample } = await startCall();
  const told: QualitySample[] = [];
  const later: QualitySample[] = [];
  sample(viewer, 5);
  const before = world.clock.armedTimers;
  const stop = world.sfu.watchQuality(APP, viewer.id, (each) => told.push(each));
  world.sfu.watchQuality(APP, viewer.id, (each) => later.push(each));
  await world.clock.advance(0);

  await world.clock.advance(5_000);
  sample(viewer, 10);
  await world.clock.advance(5_000);
  await world.clock.advance(5_000);
  stop();
  sample(viewer, 15);
  await world.clock.advance(5_000);
  await world.sfu.deleteSession(APP, viewer.id);
  await world.clock.advance(10_000);

  expect(told.map(({ at }) => at)).toEqual(['2026-02-03T00:00:10.000Z']);
  expect(later.map(({ at }) => at)).toEqual(['2026-02-03T00:00:10.000Z', '2026-02-03T00:00:15.000Z']);
  expect(world.clock.armedTimers).toBeLessThanOrEqual(before);
});
