import { appKeys, NODE_KEYS } from '../../src/redis/keys.ts';
import { EVERY_REDIS } from '../doubles/every-redis.ts';
import { APP, session, sessionIdOf, track } from '../doubles/records.ts';
import { listedBy, useRegistryLab } from '../doubles/registry-lab.ts';
import { until } from '../doubles/until.ts';

const KEYS = appKeys(APP);

describe.each(EVERY_REDIS)('the registry, with $name forgetting', ({ start }) => {
  const scene = useRegistryLab(start);

  test('everything a node owns is there again after FLUSHALL, in the same order and under the same cursors', async () => {
    const [reader, owner] = scene.lab.startPair();
    const ids = Array.from({ length: 100 }, (_, number) => sessionIdOf(102, number));
    for (const id of ids) {
      await owner.registry.putSession(session(id));
      await owner.registry.putTrack(track(id, 'mic'));
    }
    const half = await reader.registry.listSessions(APP, { limit: 50, cursor: undefined });

    await scene.link.send(['FLUSHALL']);
    const startedAtMs = scene.lab.clock.nowMs();
    await scene.lab.passingUntil('all are listed again', async () => (await listedBy(reader)).length === 100, 100);

    expect(scene.lab.clock.nowMs() - startedAtMs).toBeLessThan(10_000);
    expect(await listedBy(reader)).toEqual(ids);
    const rest = await reader.registry.listSessions(APP, { limit: 50, cursor: half.nextCursor });
    expect(rest.sessions.map(({ sessionId }) => sessionId)).toEqual(ids.slice(50));
    expect(await reader.registry.listTracks(APP, ids[7] ?? '')).toEqual([track(ids[7] ?? '', 'mic')]);
    await until('it is told', async () => owner.told.includes(`restored 100 of ${APP}`));
  });

  test('writes that a failover took back are noticed though others followed, and removals too', async () => {
    const [reader, owner] = scene.lab.startPair();
    const [kept, lost, removed, later] = [1, 2, 3, 4].map((number) => sessionIdOf(102, number)) as [string, string, string, string];
    await owner.registry.putSession(session(kept));
    await owner.registry.putSession(session(removed));
    expect(await scene.link.send(['EXISTS', KEYS.writesOf('102:1'), KEYS.session(removed)])).toBe(2);
    const revision = (await scene.link.send(['GET', KEYS.writesOf('102:1')])) as string;
    await owner.registry.putSession(session(lost));
    await owner.registry.removeSession(APP, removed);

    // What an older replica would have: the removed session, not the lost one, and the older revision.
    await scene.link.sendAll([
      ['DEL', KEYS.session(lost)],
      ['ZREM', KEYS.index, lost],
      ['SREM', KEYS.ownedBy('102:1'), lost],
      ['HSET', KEYS.session(removed), 'life', '102:1', 'serial', '5', 'record', JSON.stringify(session(removed))],
      ['ZADD', KEYS.index, '5', removed],
      ['SADD', KEYS.ownedBy('102:1'), removed],
      ['SET', KEYS.writesOf('102:1'), revision],
    ]);
    await owner.registry.putSession(session(later));
    await scene.lab.passingUntil('it is as the owner has it', async () => String(await listedBy(reader)) === String([kept, lost, later]));

    expect(await reader.registry.findSession(APP, removed)).toBeUndefined();
  });

  test('a track of a session that Redis has lost brings the session back with it', async () => {
    const [reader, owner] = scene.lab.startPair();
    const id = sessionIdOf(102, 1);
    await owner.registry.putSession(session(id));
    await owner.registry.putTrack(track(id, 'mic'));
    await scene.link.send(['FLUSHALL']);

    await owner.registry.putTrack(track(id, 'camera'));

    expect(await reader.registry.findSession(APP, id)).toEqual(session(id));
    expect(await reader.registry.listTracks(APP, id)).toEqual([track(id, 'mic'), track(id, 'camera')]);
  });

  test('a node that was gone for the others registers its apps again', async () => {
    const [, owner] = scene.lab.startPair();
    await owner.registry.putSession(session(sessionIdOf(102, 1)));
    await scene.link.send(['DEL', NODE_KEYS.appsOf('102:1')]);

    owner.noteRevived();
    await scene.lab.passingUntil(
      'it is registered',
      async () => (await scene.link.send(['SISMEMBER', NODE_KEYS.appsOf('102:1'), APP])) === 1,
    );

    // The reply may still be on its way to the owner.
    await scene.lab.passingUntil('nothing more is to be written', async () => owner.outstanding === 0);
  });
});
