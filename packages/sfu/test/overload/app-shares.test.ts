import { type AppId, SfuError } from '@causeway/protocol';
import { ScriptedClient } from '@causeway/testkit/mesh';
import type { AppBounds } from '../../src/overload/app-shares.ts';
import { APP, OTHER_APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';

function offer(...kinds: readonly ('audio' | 'video')[]) {
  const client = new ScriptedClient();
  for (const kind of kinds) client.addTransceiver(kind, { direction: 'sendonly' });
  return { sessionDescription: client.createOffer() };
}

function open(world: SfuUnderTest, appId: AppId = APP, bounds: Partial<AppBounds> = {}) {
  return world.sfu.createSession(appId, offer('video'), bounds);
}

async function refusal(attempt: Promise<unknown>): Promise<SfuError | undefined> {
  const error: unknown = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined || error instanceof SfuError) return error;
  throw error;
}

describe('an app with as many sessions as it may have', () => {
  test('is refused another one until one has ended, and other apps are not', async () => {
    const world = new SfuUnderTest({ appBounds: { maxSessions: 2 } });
    const { sessionId } = await open(world);
    await open(world);

    const refused = await refusal(open(world));
    const other = await refusal(open(world, OTHER_APP));
    await world.sfu.deleteSession(APP, sessionId);

    expect(refused).toMatchObject({ code: 'quota_exceeded', message: `app ${APP} is limited to 2 sessions on this node` });
    expect(other).toBeUndefined();
    expect(await refusal(open(world))).toBeUndefined();
  });

  test('may have more if it was given more than the others', async () => {
    const world = new SfuUnderTest({ appBounds: { maxSessions: 1 } });
    await open(world);

    const given = await refusal(open(world, APP, { maxSessions: 2 }));

    expect(given).toBeUndefined();
    expect(await refusal(open(world))).toMatchObject({ code: 'quota_exceeded' });
  });

  test('is counted with the sessions that wait for their turn', async () => {
    const world = new SfuUnderTest({ appBounds: { maxSessions: 2 } });

    const results = await Promise.allSettled([open(world), open(world), open(world)]);

    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  });

  test('does not lose room to sessions that could not be created', async () => {
    const world = new SfuUnderTest({ appBounds: { maxSessions: 1 } });
    const broken = { sessionDescription: { type: 'offer' as const, sdp: 'nothing of use' } };
    for (let attempt = 0; attempt < 3; attempt++) await refusal(world.sfu.createSession(APP, broken));

    expect(await refusal(open(world))).toBeUndefined();
  });
});

describe('sessions whose clients never connect', () => {
  test('fill at most a tenth of a node, and are told when to retry', async () => {
    const world = new SfuUnderTest();
    for (let count = 0; count < 1_000; count++) await open(world);

    const refused = await refusal(open(world));

    expect(refused).toMatchObject({ code: 'rate_limited' });
    expect(refused?.retryAfterMs).toBeGreaterThanOrEqual(1_000);
    expect(refused?.retryAfterMs).toBeLessThanOrEqual(5_000);
    expect(await refusal(open(world, OTHER_APP))).toBeUndefined();
    expect((await world.sfu.inspect()).apps.refused).toEqual({
      sessions: 0,
      unconnected_sessions: 1,
      tracks: 0,
      quota: 0,
      egress: 0,
      subject_sessions: 0,
    });
  });

  test('are 100 at least, also on a small node', async () => {
    const world = new SfuUnderTest({ overload: { maxSessions: 200 } });
    for (let count = 0; count < 100; count++) await open(world);

    expect(await refusal(open(world))).toMatchObject({ code: 'rate_limited' });
    expect(await refusal(open(world, OTHER_APP))).toBeUndefined();
  });

  test('make room when they connect, and do not take it again when the connection is lost', async () => {
    const world = new SfuUnderTest({ appBounds: { maxUnconnectedSessions: 1 } });
    const { sessionId } = await open(world);

    const before = await refusal(open(world));
    world.shard.connect(sessionId);
    world.shard.listener({ type: 'connection-state', transportId: sessionId, state: 'disconnected' });
    await open(world);

    expect(before).toMatchObject({ code: 'rate_limited' });
    expect(await refusal(open(world))).toMatchObject({ code: 'rate_limited' });
  });

  test('make room when the engine gives them up', async () => {
    const world = new SfuUnderTest({ appBounds: { maxUnconnectedSessions: 1 } });
    const { sessionId } = await open(world);

    world.shard.listener({ type: 'transport-closed', transportId: sessionId, reason: 'setup_timeout' });

    expect(await refusal(open(world))).toBeUndefined();
  });
});

describe('an app with as many tracks as it may have', () => {
  const appBounds = { maxTracks: 3 };

  test('is refused a session that would publish more, and no part of it is left', async () => {
    const world = new SfuUnderTest({ appBounds });
    await world.sfu.createSession(APP, offer('video', 'audio'));

    const refused = await refusal(world.sfu.createSession(APP, offer('video', 'audio')));

    expect(refused).toMatchObject({ code: 'quota_exceeded', message: `app ${APP} is limited to 3 tracks and subscriptions on this node` });
    expect(world.sfu.stats).toEqual({ sessions: 1, publications: 2, subscriptions: 0 });
    expect(await refusal(world.sfu.createSession(OTHER_APP, offer('video', 'audio')))).toBeUndefined();
  });

  test('is refused subscriptions until tracks have been closed', async () => {
    const world = new SfuUnderTest({ appBounds });
    const publisher = await world.joinPublisher('camera');
    const viewer = await world.join(new ScriptedClient());
    const other = await world.join(new ScriptedClient());
    await viewer.receive(publisher.track('camera'));
    await other.receive(publisher.track('camera'));

    const refused = await refusal(other.subscribe({ ...publisher.track('camera'), duplicate: true }));
    await world.sfu.deleteSession(APP, viewer.id);

    expect(refused).toMatchObject({ code: 'quota_exceeded' });
    expect(await refusal(other.subscribe({ ...publisher.track('camera'), duplicate: true }))).toBeUndefined();
  });

  test('is refused subscriptions that wait for an open offer', async () => {
    const world = new SfuUnderTest({ appBounds: { maxTracks: 2 } });
    const publisher = await world.joinPublisher('camera');
    const viewer = await world.join(new ScriptedClient());
    await viewer.subscribe(publisher.track('camera'));

    const refused = await refusal(viewer.subscribe({ ...publisher.track('camera'), duplicate: true }));

    expect(refused).toMatchObject({ code: 'quota_exceeded' });
  });

  test('is refused tracks that an offer of a client would add', async () => {
    const world = new SfuUnderTest({ appBounds: { maxTracks: 1 } });
    const publisher = await world.joinPublisher('camera');
    publisher.client.addTransceiver('audio', { direction: 'sendonly' });

    const refused = await refusal(publisher.offer());

    expect(refused).toMatchObject({ code: 'quota_exceeded' });
    expect(world.sfu.stats.publications).toBe(1);
  });
});

test('an app whose sessions have all ended leaves no trace in the counts', async () => {
  const world = new SfuUnderTest({ appBounds: { maxSessions: 1, maxTracks: 1, maxUnconnectedSessions: 1 } });
  for (let round = 0; round < 3; round++) {
    const { sessionId } = await open(world);
    world.shard.connect(sessionId);
    await world.sfu.deleteSession(APP, sessionId);
  }

  expect(await refusal(open(world))).toBeUndefined();
});
