import { appKeys, NODE_KEYS } from '../../src/redis/keys.ts';
import { createRegistryScripts, type Life, type RegistryScripts } from '../../src/registry/registry-scripts.ts';
import { describeWithEveryRedis } from '../doubles/every-redis.ts';
import { APP, sessionIdOf } from '../doubles/records.ts';

const DEAD: Life = { nodeNo: 102, epoch: 1 };
const REBORN: Life = { nodeNo: 102, epoch: 2 };
const KEYS = appKeys(APP);
const HOUR_MS = 3_600_000;

describeWithEveryRedis('the scripts that clean up, in $name', (lab) => {
  let scripts: RegistryScripts;

  beforeAll(async () => {
    scripts = createRegistryScripts(lab.link);
  });
  beforeEach(() => lab.link.send(['FLUSHALL']));

  function write(life: Life, sessionId: string): Promise<unknown> {
    return scripts.write(life, {
      appId: APP,
      sessionId,
      revision: 1,
      confirmed: 0,
      serial: undefined,
      isWhole: true,
      record: 'its record',
      putTracks: [['publication', 'its track']],
      removedTracks: [],
    });
  }

  test('a sweep removes the sessions of the dead life and leaves one that its next life has written', async () => {
    const [left, takenOver] = [sessionIdOf(102, 1), sessionIdOf(102, 2)];
    await write(DEAD, left);
    await write(DEAD, takenOver);
    await write(REBORN, takenOver);

    const swept = await scripts.sweep(DEAD, APP, [left, takenOver]);

    expect(swept).toBe(1);
    expect(await lab.link.send(['EXISTS', KEYS.session(left), KEYS.tracks(left)])).toBe(0);
    expect(await lab.link.send(['HMGET', KEYS.session(takenOver), 'life', 'record'])).toEqual(['102:2', 'its record']);
    expect(await lab.link.send(['HVALS', KEYS.tracks(takenOver)])).toEqual(['its track']);
    expect(await lab.link.send(['ZRANGE', KEYS.index, 0, -1])).toEqual([takenOver]);
    expect(await scripts.plain.sessionsOwnedBy(DEAD, APP)).toEqual([]);
    expect(await scripts.plain.sessionsOwnedBy(REBORN, APP)).toEqual([takenOver]);
  });

  async function lease(life: Life, endsInMs: number): Promise<void> {
    await lab.link.sendAll([
      ['SADD', NODE_KEYS.lives, `${life.nodeNo}:${life.epoch}`],
      ['HSET', NODE_KEYS.epochs, life.nodeNo, life.epoch],
      ['ZADD', NODE_KEYS.leases, Date.now() + endsInMs, life.nodeNo],
      ['HSET', NODE_KEYS.records, life.nodeNo, 'its record'],
      ['ZADD', NODE_KEYS.changes, 1, life.nodeNo],
    ]);
  }

  async function remains(): Promise<readonly unknown[]> {
    const { lives, leases, records, changes } = NODE_KEYS;
    return await lab.link.sendAll([
      ['SMEMBERS', lives],
      ['ZRANGE', leases, 0, -1],
      ['HVALS', records],
      ['ZRANGE', changes, 0, -1],
    ]);
  }

  test('a life whose lease has ended is forgotten, but for its epoch', async () => {
    await lease(DEAD, -HOUR_MS);

    await scripts.forget(DEAD);

    expect(await remains()).toEqual([[], [], [], []]);
    expect(await lab.link.send(['HGET', NODE_KEYS.epochs, '102'])).toBe('1');
  });

  test('a life that has come back is not forgotten, and is found again when it dies', async () => {
    await lease(DEAD, HOUR_MS);

    await scripts.forget(DEAD);

    expect(await remains()).toEqual([['102:1'], ['102'], ['its record'], ['102']]);
  });

  test('forgetting a former life removes nothing of the next one', async () => {
    await lease(REBORN, HOUR_MS);
    await lab.link.send(['SADD', NODE_KEYS.lives, '102:1']);

    await scripts.forget(DEAD);

    expect(await remains()).toEqual([['102:2'], ['102'], ['its record'], ['102']]);
  });

  test('a session that its own life removes is gone from everywhere, and others stay', async () => {
    const [gone, stays] = [sessionIdOf(102, 1), sessionIdOf(102, 2)];
    await write(DEAD, gone);
    await write(DEAD, stays);

    const reply = await scripts.remove(DEAD, { appId: APP, sessionId: gone, revision: 2, confirmed: 1 });

    expect(reply.type).toBe('written');
    expect(await lab.link.send(['EXISTS', KEYS.session(gone), KEYS.tracks(gone)])).toBe(0);
    expect(await lab.link.send(['EXISTS', KEYS.session(stays), KEYS.tracks(stays)])).toBe(2);
    expect(await lab.link.send(['ZRANGE', KEYS.index, 0, -1])).toEqual([stays]);
    expect(await scripts.plain.sessionsOwnedBy(DEAD, APP)).toEqual([stays]);
    expect(await scripts.plain.revisionOf(DEAD, APP)).toBe(2);
  });

  test('a session that the next life has written is not removed by the one before', async () => {
    const sessionId = sessionIdOf(102, 1);
    await write(DEAD, sessionId);
    await write(REBORN, sessionId);

    const reply = await scripts.remove(DEAD, { appId: APP, sessionId, revision: 2, confirmed: 1 });

    expect(reply.type).toBe('stale');
    expect(await lab.link.send(['EXISTS', KEYS.session(sessionId), KEYS.tracks(sessionId)])).toBe(2);
    expect(await lab.link.send(['ZRANGE', KEYS.index, 0, -1])).toEqual([sessionId]);
    expect(await scripts.plain.sessionsOwnedBy(REBORN, APP)).toEqual([sessionId]);
  });

  test('a removal says that Redis is behind if it lacks a revision that it has confirmed, and leaves the gap visible', async () => {
    const sessionId = sessionIdOf(102, 1);
    await write(DEAD, sessionId);

    const reply = await scripts.remove(DEAD, { appId: APP, sessionId, revision: 9, confirmed: 8 });

    expect(reply.type).toBe('behind');
    expect(await scripts.plain.revisionOf(DEAD, APP)).toBe(1);
  });

  test('revisions never go down, whatever order writes come in', async () => {
    await scripts.plain.setRevision(DEAD, APP, 7);

    await scripts.remove(DEAD, { appId: APP, sessionId: sessionIdOf(102, 1), revision: 3, confirmed: 0 });

    expect(await scripts.plain.revisionOf(DEAD, APP)).toBe(7);
  });
});
