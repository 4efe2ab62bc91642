import { VirtualClock } from '@causeway/testkit/virtual-clock';
import type { RedisLink } from '../../src/redis/redis-link.ts';
import { APP, session, sessionIdOf, track } from '../doubles/records.ts';
import { RedisForTests } from '../doubles/redis-for-tests.ts';
import { createRegistryNode, introduce, type RegistryNode } from '../doubles/registry-nodes.ts';

/** Passes on to a link and counts what waits for an answer: calls made before any is answered go there together. */
function counting(link: RedisLink): RedisLink & { readonly calls: readonly string[] } {
  const calls: string[] = [];
  return {
    ...link,
    calls,
    send: (command) => {
      calls.push(command[0]);
      return link.send(command);
    },
    sendAll: (commands) => {
      calls.push(`${commands.length} commands`);
      return link.sendAll(commands);
    },
    run: (script, keys, words) => {
      calls.push(script.name);
      return link.run(script, keys, words);
    },
    subscribe: (channel, onMessage) => link.subscribe(channel, onMessage),
    onReady: (listener) => link.onReady(listener),
    close: () => link.close(),
  };
}

describe('round trips of the registry', () => {
  let redis: RedisForTests;
  let link: RedisLink;
  let nodes: RegistryNode[];
  let calls: readonly string[];
  let owner: RegistryNode;
  let reader: RegistryNode;

  beforeAll(async () => {
    redis = await RedisForTests.start();
    link = await redis.connect();
  });

  beforeEach(async () => {
    await link.send(['FLUSHALL']);
    const counted = counting(link);
    const timers = new VirtualClock();
    owner = createRegistryNode(counted, { nodeNo: 101, timers });
    reader = createRegistryNode(counted, { nodeNo: 102, timers });
    nodes = [owner, reader];
    introduce(nodes);
    calls = counted.calls;
  });

  afterEach(() => Promise.all(nodes.map((node) => node.stop())));

  afterAll(() => redis.stop());

  function locate(sessionId: string, trackId: string) {
    return reader.registry.locateTrack(APP, { by: 'id', sessionId, trackId });
  }

  test('one for all tracks that a subscribe call names, and each session is read once', async () => {
    const ids = [1, 2, 3].map((number) => sessionIdOf(101, number));
    for (const id of ids) {
      await owner.registry.putSession(session(id));
      for (const name of ['mic', 'camera']) await owner.registry.putTrack(track(id, name));
    }
    const before = calls.length;

    const located = await Promise.all(ids.flatMap((id) => [locate(id, 'mic'), locate(id, 'camera')]));

    expect(located.map((found) => found?.trackId)).toEqual(['mic', 'camera', 'mic', 'camera', 'mic', 'camera']);
    expect(calls.slice(before)).toEqual(['6 commands']);
  });

  test('one also for lookups that begin a few promises later in the same turn', async () => {
    const ids = [1, 2].map((number) => sessionIdOf(101, number));
    for (const id of ids) await owner.registry.putSession(session(id));
    const before = calls.length;

    await Promise.all(ids.map((id) => Promise.resolve().then(() => reader.registry.findSession(APP, id))));

    expect(calls.slice(before)).toEqual(['4 commands']);
  });

  test("none for this node's own sessions, nor for what can only be its own", async () => {
    await owner.registry.putSession(session(sessionIdOf(101, 1)));
    const before = calls.length;

    await owner.registry.findSession(APP, sessionIdOf(101, 1));
    await owner.registry.listTracks(APP, sessionIdOf(101, 1));
    await owner.registry.locateTrack(APP, { by: 'id', sessionId: sessionIdOf(101, 2), trackId: 'mic' });

    expect(calls.length).toBe(before);
  });

  test('one for all that changes of a session while it is being written', async () => {
    const id = sessionIdOf(101, 1);
    await owner.registry.putSession(session(id));
    const before = calls.length;

    await Promise.all([
      owner.registry.putSession(session(id, { connectionState: 'connecting' })),
      ...Array.from({ length: 20 }, (_, number) => owner.registry.putTrack(track(id, `t${number}`))),
      owner.registry.removeTrack(APP, id, `${id}/t3`),
      owner.registry.putSession(session(id, { connectionState: 'connected' })),
    ]);

    expect(calls.slice(before)).toEqual(['session-write']);
    expect(await reader.registry.findSession(APP, id)).toEqual(session(id));
    expect((await reader.registry.listTracks(APP, id)).map(({ trackId }) => trackId)).toEqual(
      Array.from({ length: 20 }, (_, number) => `t${number}`).filter((trackId) => trackId !== 't3'),
    );
  });

  test('a page is read in pieces, and ends short where a dead node has left too much', async () => {
    const dead = createRegistryNode(link, { nodeNo: 103, timers: new VirtualClock() });
    nodes.push(dead);
    const ids = Array.from({ length: 300 }, (_, number) => sessionIdOf(103, number));
    for (const id of ids) await dead.registry.putSession(session(id));
    await owner.registry.putSession(session(sessionIdOf(101, 1)));
    let cursor: string | undefined;
    const pages: number[] = [];

    do {
      const page = await reader.registry.listSessions(APP, { limit: 1, cursor });
      pages.push(page.sessions.length);
      cursor = page.nextCursor;
    } while (cursor !== undefined);

    expect(pages.reduce((sum, length) => sum + length, 0)).toBe(1);
    expect(pages.length).toBeGreaterThan(1);
    expect(pages.length).toBeLessThan(10);
  });
});
