import { appKeys, NODE_KEYS } from '../../src/redis/keys.ts';
import type { RedisLink } from '../../src/redis/redis-link.ts';
import { EVERY_REDIS } from '../doubles/every-redis.ts';
import { nodeRecord } from '../doubles/node-records.ts';
import { APP, session, sessionIdOf, track } from '../doubles/records.ts';
import { listedBy, useRegistryLab } from '../doubles/registry-lab.ts';
import { createRegistryNode, introduce, type RegistryNode } from '../doubles/registry-nodes.ts';

const KEYS = appKeys(APP);

describe.each(EVERY_REDIS)('the registry in $name, with nodes that die', ({ start }) => {
  const scene = useRegistryLab(start);

  test('what a dead node has announced is invisible at once, and visible again when it comes back', async () => {
    const [reader, owner] = scene.lab.startPair();
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
    await scene.lab.clock.advance(1_001);

    expect(whileDead).toEqual([undefined, undefined]);
    expect(await reader.registry.listTracks(APP, id)).toEqual([track(id, 'mic')]);
    expect(await listedBy(reader)).toEqual([id]);
  });

  test('what a former life of a node has announced is not that of its next life', async () => {
    const [reader, former] = scene.lab.startPair();
    await former.registry.putSession(session(sessionIdOf(102, 1)));

    reader.directory.put(nodeRecord(102, { epoch: 2 }));

    expect(await listedBy(reader)).toEqual([]);
  });

  test('a former life cannot overwrite or remove what a newer one has written', async () => {
    const [reader, former] = scene.lab.startPair();
    const newer = scene.lab.startNode({ nodeNo: 102, epoch: 2 });
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

  test('another node sweeps up after a dead one, and only its epoch remains', async () => {
    const [sweeper, dead] = scene.lab.startPair();
    for (let number = 0; number < 250; number++) {
      await dead.registry.putSession(session(sessionIdOf(102, number), { appId: number % 2 === 0 ? APP : 'other' }));
    }
    await dead.registry.putTrack(track(sessionIdOf(102, 0), 'mic'));
    await sweeper.registry.putSession(session(sessionIdOf(101, 1)));
    await scene.link.sendAll([
      ['SADD', NODE_KEYS.lives, '101:1', '102:1'],
      ['HSET', NODE_KEYS.epochs, '101', '1', '102', '1'],
      ['ZADD', NODE_KEYS.leases, '1', '102'],
      ['HSET', NODE_KEYS.records, '102', 'its record'],
    ]);

    await dead.stop();
    sweeper.directory.remove(102, 'lease-ended');
    await scene.lab.passingUntil('it is swept', async () => sweeper.told.length > 0);

    const left = (await scene.link.send(['KEYS', '*'])) as string[];
    expect(sweeper.told).toEqual(['swept 250 of 102:1']);
    expect(left.filter((key) => key.includes('102') && !key.includes(':sweep:'))).toEqual([]);
    expect(await scene.link.send(['HGETALL', NODE_KEYS.epochs])).toEqual(['101', '1', '102', '1']);
    expect(await scene.link.send(['SMEMBERS', NODE_KEYS.lives])).toEqual(['101:1']);
    expect(await listedBy(sweeper)).toEqual([sessionIdOf(101, 1)]);
  });

  test('a node that is stopped while it sweeps leaves the rest to be found by another', async () => {
    const [other, dead] = scene.lab.startPair();
    for (let number = 0; number < 250; number++) await dead.registry.putSession(session(sessionIdOf(102, number)));
    await scene.link.send(['SADD', NODE_KEYS.lives, '102:1']);
    await dead.stop();
    let stopping: Promise<void> | undefined;
    const sweeper: RegistryNode = createRegistryNode(
      beforeSweeps(scene.link, () => {
        stopping ??= sweeper.stop();
      }),
      { nodeNo: 103, timers: scene.lab.clock },
    );

    await scene.lab.passingUntil('it sweeps', async () => stopping !== undefined);
    await stopping;
    // As its end comes by itself.
    await scene.link.send(['DEL', NODE_KEYS.sweeperOf('102:1')]);
    const left = await scene.link.send(['ZCARD', KEYS.index]);
    other.directory.remove(102, 'lease-ended');
    await scene.lab.passingUntil('the other has swept the rest', async () => other.told.length > 0);

    expect([left, other.told]).toEqual([150, ['swept 150 of 102:1']]);
    expect(await scene.link.send(['ZCARD', KEYS.index])).toBe(0);
  });

  test('of a node that closed its sessions before it ended nothing is left either', async () => {
    const [sweeper, ended] = scene.lab.startPair();
    await ended.registry.putSession(session(sessionIdOf(102, 1)));
    await scene.link.send(['SADD', NODE_KEYS.lives, '102:1']);
    await ended.registry.removeSession(APP, sessionIdOf(102, 1));
    await ended.stop();

    sweeper.directory.remove(102, 'left');
    await scene.lab.passingUntil('it is swept', async () => sweeper.told.length > 0);

    const left = (await scene.link.send(['KEYS', '*'])) as string[];
    expect(left.filter((key) => key.includes('102') && !key.includes(':sweep:'))).toEqual([]);
  });

  test('a node with an unreadable record is not swept up after while its lease runs', async () => {
    const [reader, owner] = scene.lab.startPair();
    await owner.registry.putSession(session(sessionIdOf(102, 1)));
    await scene.link.sendAll([
      ['SADD', NODE_KEYS.lives, '102:1'],
      ['HSET', NODE_KEYS.epochs, '102', '1'],
      ['ZADD', NODE_KEYS.leases, Date.now() + 3_600_000, '102'],
    ]);
    const stranger = scene.lab.startNode({ nodeNo: 103 });

    for (let step = 0; step < 60; step++) {
      await scene.lab.clock.advance(1_000);
      await listedBy(stranger);
    }

    expect(stranger.told).toEqual([]);
    expect(await listedBy(reader)).toEqual([sessionIdOf(102, 1)]);
    expect(await scene.link.send(['SMEMBERS', NODE_KEYS.lives])).toEqual(['102:1']);
  });

  test('a node that was swept up after and is alive writes everything again', async () => {
    const [sweeper, paused] = scene.lab.startPair();
    const ids = [1, 2, 3].map((number) => sessionIdOf(102, number));
    for (const id of ids) await paused.registry.putSession(session(id));
    await scene.link.send(['SADD', NODE_KEYS.lives, '102:1']);
    sweeper.directory.remove(102, 'lease-ended');
    await scene.lab.passingUntil('it is swept', async () => sweeper.told.length > 0);

    // A node that is alive has a lease. Without it a sweep that is still under way could forget the life once more.
    await scene.link.sendAll([
      ['HSET', NODE_KEYS.epochs, '102', '1'],
      ['ZADD', NODE_KEYS.leases, Date.now() + 3_600_000, '102'],
    ]);
    introduce([sweeper, paused]);
    await scene.lab.passingUntil('all are listed again', async () => (await listedBy(sweeper)).length === 3);

    expect(await listedBy(sweeper)).toEqual(ids);
    expect(await scene.link.send(['SMEMBERS', NODE_KEYS.appsOf('102:1')])).toEqual([APP]);
  });

  test('leftovers that no list of lives leads to are found when the app is listed', async () => {
    const [sweeper, dead] = scene.lab.startPair();
    await dead.registry.putSession(session(sessionIdOf(102, 1)));
    await dead.stop();
    sweeper.directory.remove(102, 'lease-ended');
    await scene.link.send(['DEL', NODE_KEYS.lives, NODE_KEYS.appsOf('102:1')]);

    await scene.lab.passingUntil('they are gone', async () => {
      await listedBy(sweeper);
      return (await scene.link.send(['EXISTS', KEYS.session(sessionIdOf(102, 1))])) === 0;
    });

    expect(await scene.link.send(['ZCARD', KEYS.index])).toBe(0);
  });
});

function beforeSweeps(link: RedisLink, onSweep: () => void): RedisLink {
  return {
    send: (command) => link.send(command),
    sendAll: (commands) => link.sendAll(commands),
    run(script, keys, words) {
      if (script.name === 'sessions-sweep') onSweep();
      return link.run(script, keys, words);
    },
    subscribe: (channel, onMessage) => link.subscribe(channel, onMessage),
    onReady: (listener) => link.onReady(listener),
    failures: 0,
    isGivenUp: false,
    close: () => {},
  };
}
