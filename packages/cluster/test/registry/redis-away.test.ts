import { APP, session, sessionIdOf, track } from '../doubles/records.ts';
import { RedisForTests } from '../doubles/redis-for-tests.ts';
import { listedBy, RegistryLab } from '../doubles/registry-lab.ts';

describe('the registry while Redis is unavailable', () => {
  let redis: RedisForTests;
  let lab: RegistryLab;

  beforeEach(async () => {
    redis = await RedisForTests.start();
    lab = new RegistryLab(await redis.connect());
  });

  afterEach(async () => {
    await lab.stop();
    await redis.stop();
  });

  test('announcing continues, and everything is listed once Redis is back, even if it is empty', async () => {
    const [owner, reader] = lab.startPair();
    await owner.registry.putSession(session(sessionIdOf(101, 1)));
    await owner.registry.putSession(session(sessionIdOf(101, 2)));
    await redis.server.kill();

    await owner.registry.putSession(session(sessionIdOf(101, 3)));
    await owner.registry.putTrack(track(sessionIdOf(101, 3), 'mic'));
    await owner.registry.removeSession(APP, sessionIdOf(101, 1));
    const outstanding = owner.outstanding;
    await redis.server.restart();
    await lab.passingUntil(
      'it is right',
      async () => String(await listedBy(reader)) === String([2, 3].map((number) => sessionIdOf(101, number))),
    );

    expect(outstanding).toBeGreaterThan(0);
    expect(await reader.registry.listTracks(APP, sessionIdOf(101, 3))).toHaveLength(1);
    await lab.passingUntil('nothing is outstanding', async () => owner.outstanding === 0);
  });

  test("this node's own sessions are found and listed, marked as not being all", async () => {
    const node = lab.startNode({ nodeNo: 101 });
    const ids = [1, 2, 3].map((number) => sessionIdOf(101, number));
    for (const id of ids) await node.registry.putSession(session(id));
    await node.registry.putTrack(track(ids[0] ?? '', 'mic'));
    await redis.server.kill();

    const first = await node.registry.listSessions(APP, { limit: 2, cursor: undefined });
    const rest = await node.registry.listSessions(APP, { limit: 2, cursor: first.nextCursor });

    expect(first).toEqual({
      sessions: ids.slice(0, 2).map((id) => session(id)),
      nextCursor: expect.stringMatching(/^\d+$/),
      isPartial: true,
    });
    expect(rest).toEqual({ sessions: [session(ids[2] ?? '')], nextCursor: undefined, isPartial: true });
    expect(await node.registry.locateTrack(APP, { by: 'id', sessionId: ids[0] ?? '', trackId: 'mic' })).toBeDefined();
    expect(await node.registry.findSession(APP, sessionIdOf(101, 9))).toBeUndefined();
    await expect(node.registry.findSession(APP, sessionIdOf(102, 1))).rejects.toMatchObject({ code: 'registry_unavailable' });
    await expect(node.registry.locateTrack(APP, { by: 'id', sessionId: sessionIdOf(102, 1), trackId: 'mic' })).rejects.toMatchObject({
      code: 'registry_unavailable',
    });
  });

  test.each([
    ['whose memory is full', ['maxmemory', '1']],
    ['that lacks a replica', ['min-replicas-to-write', '1']],
  ])('a Redis %s is still read, however many writes it refuses', async (_what, [setting = '', value = '']) => {
    const [owner, reader] = lab.startPair();
    const before = sessionIdOf(101, 1);
    await owner.registry.putSession(session(before));
    await redis.server.command('CONFIG', 'SET', setting, value);

    for (let number = 2; number < 20; number++) await owner.registry.putSession(session(sessionIdOf(101, number)));

    expect(await reader.registry.listSessions(APP, { limit: undefined, cursor: undefined })).toEqual({
      sessions: [session(before)],
      nextCursor: undefined,
    });
    expect(await reader.registry.findSession(APP, before)).toEqual(session(before));
    expect(owner.outstanding).toBe(18);
    await redis.server.command('CONFIG', 'SET', setting, '0');
    await lab.passingUntil('nothing is outstanding', async () => owner.outstanding === 0);
    expect(await listedBy(reader)).toHaveLength(19);
  });

  test('sessions that are created meanwhile are listed on the pages after, each once, and again by Redis when it is back', async () => {
    const node = lab.startNode({ nodeNo: 101 });
    const ids = [1, 2, 3, 4, 5, 6].map((number) => sessionIdOf(101, number));
    for (const id of ids.slice(0, 2)) await node.registry.putSession(session(id));
    await redis.server.kill();
    for (const id of ids.slice(2)) await node.registry.putSession(session(id));

    const first = await node.registry.listSessions(APP, { limit: 3, cursor: undefined });
    await node.registry.removeSession(APP, ids[0] ?? '');
    await node.registry.putSession(session(sessionIdOf(101, 7)));
    const second = await node.registry.listSessions(APP, { limit: 3, cursor: first.nextCursor });
    const third = await node.registry.listSessions(APP, { limit: 3, cursor: second.nextCursor });
    await redis.server.restart();
    await lab.passingUntil('nothing is outstanding', async () => node.outstanding === 0);
    const again = await node.registry.listSessions(APP, { limit: 10, cursor: first.nextCursor });

    const pages = [first, second, third].map(({ sessions }) => sessions.map(({ sessionId }) => sessionId));
    expect(pages).toEqual([ids.slice(0, 3), ids.slice(3), [sessionIdOf(101, 7)]]);
    expect([first, second].map(({ nextCursor }) => nextCursor)).toEqual([
      expect.stringMatching(/^\d{1,15}$/),
      expect.stringMatching(/^\d{1,15}$/),
    ]);
    expect(third.nextCursor).toBeUndefined();
    expect(again.sessions.map(({ sessionId }) => sessionId)).toEqual(expect.arrayContaining([...ids.slice(3), sessionIdOf(101, 7)]));
  });
});
