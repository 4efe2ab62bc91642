import { type Registry, StaticNodeDirectory } from '@causeway/sfu';
import { registryContract } from '@causeway/sfu/registry-contract';
import { VirtualClock } from '@causeway/testkit/virtual-clock';
import type { IoredisLink } from '../../src/redis/ioredis-link.ts';
import { appKeys, NODE_KEYS } from '../../src/redis/keys.ts';
import type { RedisLink } from '../../src/redis/redis-link.ts';
import { nodeRecord } from '../doubles/node-records.ts';
import { APP, session, sessionIdOf, track } from '../doubles/records.ts';
import { RedisForTests } from '../doubles/redis-for-tests.ts';
import { createRegistryNode, introduce, type RegistryNode, type RegistryNodeOptions } from '../doubles/registry-nodes.ts';
import { until } from '../doubles/until.ts';

const KEYS = appKeys(APP);
const FIRST_PAGE = { limit: undefined, cursor: undefined };

describe('the registry in Redis', () => {
  let redis: RedisForTests;
  let link: IoredisLink;
  let clock: VirtualClock;
  let nodes: RegistryNode[];

  beforeAll(async () => {
    redis = await RedisForTests.start();
    link = await redis.connect();
  });

  beforeEach(async () => {
    await link.send(['FLUSHALL']);
    clock = new VirtualClock();
    nodes = [];
  });

  afterEach(() => Promise.all(nodes.map((node) => node.stop())));

  afterAll(() => redis.stop());

  function startNode(options: Omit<RegistryNodeOptions, 'timers'>, via: RedisLink = link): RegistryNode {
    const node = createRegistryNode(via, { ...options, timers: clock });
    nodes.push(node);
    return node;
  }

  function startPair(): readonly [RegistryNode, RegistryNode] {
    const pair = [startNode({ nodeNo: 101 }), startNode({ nodeNo: 102 })] as const;
    introduce(pair);
    return pair;
  }

  /** Lets virtual time pass until something has come of it in Redis. */
  function passingUntil(what: string, isTrue: () => Promise<boolean>, stepMs = 1_000): Promise<void> {
    return until(what, async () => {
      await clock.advance(stepMs);
      return isTrue();
    });
  }

  async function listedBy({ registry }: RegistryNode): Promise<readonly string[]> {
    return (await registry.listSessions(APP, FIRST_PAGE)).sessions.map(({ sessionId }) => sessionId);
  }

  describe('asked where things were announced', () => {
    test.each(registryContract)('$name', async ({ run }) => {
      await run(async () => startNode({ nodeNo: 101 }).registry);
    });
  });

  describe('asked on another node', () => {
    test.each(registryContract)('$name', async ({ run }) => {
      await run(async () => {
        const [here, there] = startPair().map(({ registry }) => registry) as [Registry, Registry];
        return new Proxy(here, {
          get: (_, verb: keyof Registry) => {
            const of = /^(find|list|locate)/.test(verb) ? there : here;
            return typeof of[verb] === 'function' ? of[verb].bind(of) : of[verb];
          },
        });
      });
    });
  });

  describe('with nodes that die', () => {
    test('what a dead node has announced is invisible at once, and visible again when it comes back', async () => {
      const [reader, owner] = startPair();
      const id = sessionIdOf(102, 1);
      await owner.registry.putSession(session(id));
      await owner.registry.putTrack(track(id, 'mic'));

      reader.directory.remove(102, 'lease-ended');
      const whileDead = [
        await reader.registry.findSession(APP, id),
        await reader.registry.locateTrack(APP, { by: 'id', sessionId: id, trackId: 'mic' }),
        ...(await reader.registry.listTracks(APP, id)),
        ...(await listedBy(reader)),
      ];
      reader.directory.put(owner.directory.self);
      await clock.advance(1_001);

      expect(whileDead).toEqual([undefined, undefined]);
      expect(await reader.registry.listTracks(APP, id)).toEqual([track(id, 'mic')]);
      expect(await listedBy(reader)).toEqual([id]);
    });

    test('what a former life of a node has announced is not that of its next life', async () => {
      const [reader, former] = startPair();
      await former.registry.putSession(session(sessionIdOf(102, 1)));

      reader.directory.put(nodeRecord(102, { epoch: 2 }));

      expect(await listedBy(reader)).toEqual([]);
    });

    test('a former life cannot overwrite or remove what a newer one has written', async () => {
      const [reader, former] = startPair();
      const newer = startNode({ nodeNo: 102, epoch: 2 });
      introduce([reader, newer]);
      const id = sessionIdOf(102, 1);
      await newer.registry.putSession(session(id, { metadata: 'newer' }));
      await newer.registry.putTrack(track(id, 'mic'));

      await former.registry.putSession(session(id, { metadata: 'former' }));
      await former.registry.putTrack(track(id, 'camera'));
      await former.registry.removeSession(APP, id);

      expect(await reader.registry.findSession(APP, id)).toEqual(session(id, { metadata: 'newer' }));
      expect(await reader.registry.listTracks(APP, id)).toEqual([track(id, 'mic')]);
    });

    test('a life too young to be in the table is looked for before its records are called dead', async () => {
      const directory = new StaticNodeDirectory(nodeRecord(101));
      const { LivingNodes } = await import('../../src/nodes/living-nodes.ts');
      let readings = 0;
      const refresh = async (): Promise<void> => {
        readings++;
        if (readings === 2) directory.put(nodeRecord(102, { epoch: 5 }));
      };
      const living = new LivingNodes({ directory, refresh, nowMs: () => clock.nowMs() });
      const young = { nodeNo: 102, epoch: 5 };

      const answers: number[] = [];
      for (const waitMs of [0, 10, 1_000, 0]) {
        await clock.advance(waitMs);
        answers.push((await living.chooseAlive([young])).length);
      }

      expect(answers).toEqual([0, 0, 1, 1]);
      expect(readings).toBe(2);
      expect(await living.chooseAlive([{ nodeNo: 102, epoch: 4 }])).toEqual([]);
      expect(readings).toBe(2);
    });

    test('some other node sweeps up after a dead one, and nothing of it is left but its epoch', async () => {
      const [sweeper, dead] = startPair();
      for (let number = 0; number < 250; number++) {
        await dead.registry.putSession(session(sessionIdOf(102, number), { appId: number % 2 === 0 ? APP : 'other' }));
      }
      await dead.registry.putTrack(track(sessionIdOf(102, 0), 'mic'));
      await sweeper.registry.putSession(session(sessionIdOf(101, 1)));
      await link.sendAll([
        ['SADD', NODE_KEYS.lives, '101:1', '102:1'],
        ['HSET', NODE_KEYS.epochs, '101', '1', '102', '1'],
        ['ZADD', NODE_KEYS.leases, '1', '102'],
        ['HSET', NODE_KEYS.records, '102', 'its record'],
      ]);

      await dead.stop();
      sweeper.directory.remove(102, 'lease-ended');
      await passingUntil('it is swept', async () => sweeper.told.length > 0);

      const left = (await link.send(['KEYS', '*'])) as string[];
      expect(sweeper.told).toEqual(['swept 250 of 102:1']);
      expect(left.filter((key) => key.includes('102') && !key.includes(':sweep:'))).toEqual([]);
      expect(await link.send(['HGETALL', NODE_KEYS.epochs])).toEqual(['101', '1', '102', '1']);
      expect(await link.send(['SMEMBERS', NODE_KEYS.lives])).toEqual(['101:1']);
      expect(await listedBy(sweeper)).toEqual([sessionIdOf(101, 1)]);
    });

    test('a node that was swept up after and is alive writes everything again', async () => {
      const [sweeper, paused] = startPair();
      const ids = [1, 2, 3].map((number) => sessionIdOf(102, number));
      for (const id of ids) await paused.registry.putSession(session(id));
      await link.send(['SADD', NODE_KEYS.lives, '102:1']);
      sweeper.directory.remove(102, 'lease-ended');
      await passingUntil('it is swept', async () => sweeper.told.length > 0);

      introduce([sweeper, paused]);
      await passingUntil('all are listed again', async () => (await listedBy(sweeper)).length === 3);

      expect(await listedBy(sweeper)).toEqual(ids);
      expect(await link.send(['SMEMBERS', NODE_KEYS.appsOf('102:1')])).toEqual([APP]);
    });

    test('remains that no list of lives leads to are found by whoever lists the app', async () => {
      const [sweeper, dead] = startPair();
      await dead.registry.putSession(session(sessionIdOf(102, 1)));
      await dead.stop();
      sweeper.directory.remove(102, 'lease-ended');
      await link.send(['DEL', NODE_KEYS.lives, NODE_KEYS.appsOf('102:1')]);

      await passingUntil('they are gone', async () => {
        await listedBy(sweeper);
        return (await link.send(['EXISTS', KEYS.session(sessionIdOf(102, 1))])) === 0;
      });

      expect(await link.send(['ZCARD', KEYS.index])).toBe(0);
    });
  });

  describe('with a Redis that forgets', () => {
    test('everything a node owns is there again after FLUSHALL, in the same order and under the same cursors', async () => {
      const [reader, owner] = startPair();
      const ids = Array.from({ length: 100 }, (_, number) => sessionIdOf(102, number));
      for (const id of ids) {
        await owner.registry.putSession(session(id));
        await owner.registry.putTrack(track(id, 'mic'));
      }
      const half = await reader.registry.listSessions(APP, { limit: 50, cursor: undefined });

      await link.send(['FLUSHALL']);
      const startedAtMs = clock.nowMs();
      await passingUntil('all are listed again', async () => (await listedBy(reader)).length === 100, 100);

      expect(clock.nowMs() - startedAtMs).toBeLessThan(10_000);
      expect(await listedBy(reader)).toEqual(ids);
      const rest = await reader.registry.listSessions(APP, { limit: 50, cursor: half.nextCursor });
      expect(rest.sessions.map(({ sessionId }) => sessionId)).toEqual(ids.slice(50));
      expect(await reader.registry.listTracks(APP, ids[7] ?? '')).toEqual([track(ids[7] ?? '', 'mic')]);
      await until('it is told', async () => owner.told.includes(`restored 100 of ${APP}`));
    });

    test('writes that a failover took back are noticed though others followed, and removals too', async () => {
      const [reader, owner] = startPair();
      const [kept, lost, removed, later] = [1, 2, 3, 4].map((number) => sessionIdOf(102, number)) as [string, string, string, string];
      await owner.registry.putSession(session(kept));
      await owner.registry.putSession(session(removed));
      const before = await Promise.all([KEYS.writesOf('102:1'), KEYS.session(removed)].map((key) => link.send(['DUMP', key])));
      expect(before).not.toContain(null);
      const revision = (await link.send(['GET', KEYS.writesOf('102:1')])) as string;
      await owner.registry.putSession(session(lost));
      await owner.registry.removeSession(APP, removed);

      // What an older replica would have: the removed session, not the lost one, and the older revision.
      await link.sendAll([
        ['DEL', KEYS.session(lost)],
        ['ZREM', KEYS.index, lost],
        ['SREM', KEYS.ownedBy('102:1'), lost],
        ['HSET', KEYS.session(removed), 'life', '102:1', 'serial', '5', 'record', JSON.stringify(session(removed))],
        ['ZADD', KEYS.index, '5', removed],
        ['SADD', KEYS.ownedBy('102:1'), removed],
        ['SET', KEYS.writesOf('102:1'), revision],
      ]);
      await owner.registry.putSession(session(later));
      await passingUntil('it is as the owner has it', async () => String(await listedBy(reader)) === String([kept, lost, later]));

      expect(await reader.registry.findSession(APP, removed)).toBeUndefined();
    });

    test('a track of a session that Redis has lost brings the session back with it', async () => {
      const [reader, owner] = startPair();
      const id = sessionIdOf(102, 1);
      await owner.registry.putSession(session(id));
      await owner.registry.putTrack(track(id, 'mic'));
      await link.send(['FLUSHALL']);

      await owner.registry.putTrack(track(id, 'camera'));

      expect(await reader.registry.findSession(APP, id)).toEqual(session(id));
      expect(await reader.registry.listTracks(APP, id)).toEqual([track(id, 'mic'), track(id, 'camera')]);
    });

    test('a node that was gone for the others registers its apps again', async () => {
      const [, owner] = startPair();
      await owner.registry.putSession(session(sessionIdOf(102, 1)));
      await link.send(['DEL', NODE_KEYS.appsOf('102:1')]);

      owner.noteRevived();
      await passingUntil('it is registered', async () => (await link.send(['SISMEMBER', NODE_KEYS.appsOf('102:1'), APP])) === 1);

      expect(owner.outstanding).toBe(0);
    });
  });

  describe('with Redis away', () => {
    let server: RedisForTests;
    let theirs: IoredisLink;

    beforeEach(async () => {
      server = await RedisForTests.start();
      theirs = await server.connect();
    });

    afterEach(() => server.stop());

    test('announcing goes on, and all of it is there once Redis is back, empty as it is', async () => {
      const [owner, reader] = [startNode({ nodeNo: 101 }, theirs), startNode({ nodeNo: 102 }, theirs)];
      introduce([owner, reader]);
      await owner.registry.putSession(session(sessionIdOf(101, 1)));
      await owner.registry.putSession(session(sessionIdOf(101, 2)));
      await server.server.kill();

      await owner.registry.putSession(session(sessionIdOf(101, 3)));
      await owner.registry.putTrack(track(sessionIdOf(101, 3), 'mic'));
      await owner.registry.removeSession(APP, sessionIdOf(101, 1));
      const outstanding = owner.outstanding;
      await server.server.restart();
      await passingUntil(
        'it is right',
        async () => String(await listedBy(reader)) === String([2, 3].map((number) => sessionIdOf(101, number))),
      );

      expect(outstanding).toBeGreaterThan(0);
      expect(await reader.registry.listTracks(APP, sessionIdOf(101, 3))).toHaveLength(1);
      await passingUntil('nothing is outstanding', async () => owner.outstanding === 0);
    });

    test("this node's own sessions are found and listed, marked as not being all", async () => {
      const node = startNode({ nodeNo: 101 }, theirs);
      const ids = [1, 2, 3].map((number) => sessionIdOf(101, number));
      for (const id of ids) await node.registry.putSession(session(id));
      await node.registry.putTrack(track(ids[0] ?? '', 'mic'));
      await server.server.kill();

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
  });
});
