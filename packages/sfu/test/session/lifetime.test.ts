import type { EngineCommand } from '@causeway/media';
import { capturedOffer } from '@causeway/testkit/captured-offers';
import { ScriptedClient } from '@causeway/testkit/mesh';
import { MemoryRegistry } from '../../src/registry/index.ts';
import { APP, OTHER_APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';

describe('the connection state of a session', () => {
  it('is listed as the engine reports it', async () => {
    const world = new SfuUnderTest();
    const client = new ScriptedClient();
    client.addTransceiver('video');
    const { id } = await world.join(client);
    const state = async () => (await world.sfu.listSessions(APP)).sessions[0]?.connectionState;
    const seen = [await state()];

    for (const next of ['connecting', 'connected', 'disconnected', 'connected'] as const) {
      world.shard.listener({ type: 'connection-state', transportId: id, state: next });
      await world.clock.advance(0);
      seen.push(await state());
    }

    expect(seen).toEqual(['new', 'connecting', 'connected', 'disconnected', 'connected']);
  });

  it('stays as it was when a transport is closed, until the engine says why', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    world.shard.connect(publisher.id);

    world.shard.listener({ type: 'connection-state', transportId: publisher.id, state: 'closed' });

    expect((await world.sfu.describeSession(APP, publisher.id)).connectionState).toBe('connected');
    expect(world.eventsOf('session.state')).toMatchObject([{ connectionState: 'connected' }]);
    world.shard.lose(publisher.id, 'peer_closed');
    expect(world.eventsOf('session.closed')).toMatchObject([{ sessionId: publisher.id, reason: 'peer_closed' }]);
  });
});

describe('the first answers to a client', () => {
  const holdsEnded = (world: SfuUnderTest) => world.shard.log.filter((verb) => verb.startsWith('end-answer-hold'));

  it('are not held any longer once it calls while it connects', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    const call = () => world.sfu.patchSession(APP, publisher.id, { metadata: 'Alice' });
    const counts: number[] = [];

    for (const state of ['new', 'connecting', 'connected'] as const) {
      world.shard.listener({ type: 'connection-state', transportId: publisher.id, state });
      await world.clock.advance(0);
      await call();
      counts.push(holdsEnded(world).length);
    }

    expect(counts).toEqual([0, 1, 1]);
    expect(holdsEnded(world)).toEqual([`end-answer-hold ${publisher.id}`]);
  });

  it('are not held at all for one that connects at once, whose plan says so', async () => {
    const world = new SfuUnderTest();
    const sessionDescription = { type: 'offer', sdp: capturedOffer('chromium-quick-start-publisher') } as const;

    const { sessionId: atOnce } = await world.sfu.createSession(APP, { sessionDescription, connectAtOnce: true });
    const { sessionId: byDefault } = await world.sfu.createSession(APP, { sessionDescription });

    expect(world.shard.transports.get(atOnce)?.connectsAtOnce).toBe(true);
    expect(world.shard.transports.get(byDefault)).not.toHaveProperty('connectsAtOnce');
  });
});

describe('a session ends', () => {
  it('when it is deleted, which may be repeated', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();

    const once = await world.sfu.deleteSession(APP, publisher.id);
    const twice = await world.sfu.deleteSession(APP, publisher.id);

    expect(once).toEqual({ sessionId: publisher.id, success: true });
    expect(twice).toEqual(once);
    expect(world.shard.log.filter((verb) => verb.startsWith('close-transport'))).toEqual([`close-transport ${publisher.id}`]);
    expect((await world.sfu.listSessions(APP)).sessions).toEqual([]);
    expect(world.clock.armedTimers).toBe(0);
  });

  it('in its own app only', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();

    await expect(world.sfu.deleteSession(OTHER_APP, publisher.id)).rejects.toMatchObject({ code: 'session_not_found' });
    await world.sfu.deleteSession(APP, publisher.id);
    await expect(world.sfu.deleteSession(OTHER_APP, publisher.id)).rejects.toMatchObject({ code: 'session_not_found' });
  });

  it.each(['setup_timeout', 'connection_lost', 'peer_closed', 'handshake_failed'] as const)(
    'when the engine gives up: %s',
    async (reason) => {
      const world = new SfuUnderTest();
      const publisher = await world.joinPublisher();
      const viewer = await world.join(new ScriptedClient());
      await viewer.receive(publisher.track('camera'));

      world.shard.lose(publisher.id, reason);

      await expect(world.sfu.listTracks(APP, publisher.id)).rejects.toMatchObject({ code: 'session_closed', details: { reason } });
      expect(world.shard.log).not.toContain(`close-transport ${publisher.id}`);
      expect(world.shard.subscriptionsOf(viewer.id)).toEqual([]);
      expect(world.eventsOf('session.closed')).toEqual([{ type: 'session.closed', appId: APP, sessionId: publisher.id, reason }]);
      expect(world.eventsOf('subscription.ended')).toEqual([
        expect.objectContaining({ sessionId: viewer.id, remoteTrackId: 'camera', mid: 's0', reason: 'session_closed' }),
      ]);
    },
  );

  it('and is known to have ended for ten minutes', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    await world.sfu.deleteSession(APP, publisher.id);
    const lookUp = () => world.sfu.listTracks(APP, publisher.id);

    await world.clock.advance(10 * 60_000);
    await expect(lookUp()).rejects.toMatchObject({
      code: 'session_closed',
      details: { reason: 'requested', closedAt: '2026-01-01T00:00:00.000Z' },
    });
    await world.clock.advance(1);

    await expect(lookUp()).rejects.toMatchObject({ code: 'session_not_found' });
  });

  it('while a call waits in it, which then fails', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    const viewer = await world.join(new ScriptedClient());
    await viewer.subscribe(publisher.track('camera'));
    const waiting = expect(viewer.subscribe({ ...publisher.track('camera'), duplicate: true })).rejects.toMatchObject({
      code: 'session_closed',
    });
    await world.clock.advance(0);

    await world.sfu.deleteSession(APP, viewer.id);

    await waiting;
  });

  it('mid-negotiation without leaving a timer or a follower', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    const viewer = await world.join(new ScriptedClient());
    await viewer.subscribe(publisher.track('camera'));
    await world.sfu.deleteSession(APP, viewer.id);

    await world.sfu.deleteSession(APP, publisher.id);

    expect(world.clock.armedTimers).toBe(0);
    expect(world.sfu.stats).toEqual({ sessions: 0, publications: 0, subscriptions: 0 });
    expect(world.eventsOf('subscription.ended')).toEqual([]);
  });

  it('with the SFU, which takes no new ones', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    expect(world.sfu.isReady()).toBe(true);

    await Promise.all([world.sfu.close(), world.sfu.close()]);

    expect(world.sfu.isReady()).toBe(false);
    expect(world.shard.isClosed).toBe(true);
    expect(world.eventsOf('session.closed')).toEqual([expect.objectContaining({ sessionId: publisher.id, reason: 'draining' })]);
    await expect(world.sfu.createSession(APP, { sessionDescription: publisher.client.createOffer() })).rejects.toMatchObject({
      code: 'draining',
    });
    expect(world.clock.armedTimers).toBe(0);
  });
});

describe('metadata', () => {
  it('comes with the session, is changed by a patch, and is listed', async () => {
    const world = new SfuUnderTest();
    const client = new ScriptedClient();
    const { sessionId } = await world.sfu.createSession(APP, { sessionDescription: client.createOffer(), metadata: 'alice' });
    const before = await world.sfu.listSessions(APP);

    const patched = await world.sfu.patchSession(APP, sessionId, { metadata: 'bob' });

    expect(before.sessions[0]?.metadata).toBe('alice');
    expect(patched).toEqual({ sessionId, sfuAppId: APP, metadata: 'bob', connectionState: 'new' });
    expect((await world.sfu.listSessions(APP)).sessions).toEqual([patched]);
  });
});

describe('listing sessions', () => {
  it('pages through them and refuses a cursor that it never gave', async () => {
    const world = new SfuUnderTest();
    const ids = [];
    for (let number = 0; number < 5; number++) ids.push((await world.join(new ScriptedClient())).id);

    const first = await world.sfu.listSessions(APP, { limit: 3 });
    const second = await world.sfu.listSessions(APP, { limit: 3, cursor: first.nextCursor ?? '' });

    expect([...first.sessions, ...second.sessions].map(({ sessionId }) => sessionId)).toEqual(ids);
    expect(second.nextCursor).toBeUndefined();
    await expect(world.sfu.listSessions(APP, { cursor: 'x' })).rejects.toMatchObject({
      code: 'invalid_params',
      details: { path: 'cursor' },
    });
  });
});

/** The engine has a defect from now on that this command exposes. */
function failOn({ shard }: SfuUnderTest, type: EngineCommand['type']): void {
  const send = shard.send.bind(shard);
  shard.send = (command) => {
    if (command.type === type) throw new TypeError('a defect');
    send(command);
  };
}

describe('a defect', () => {
  it('in one session closes that session and no other', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    const other = await world.joinPublisher('other');
    failOn(world, 'put-publisher-track');

    await expect(world.sfu.closeTracks(APP, publisher.id, { tracks: [{ mid: '0' }] })).resolves.toMatchObject({ success: true });
    publisher.client.addTransceiver('video', { direction: 'sendonly' });
    await expect(publisher.offer()).rejects.toThrow('a defect');

    expect(world.eventsOf('session.closed')).toEqual([expect.objectContaining({ sessionId: publisher.id, reason: 'internal_error' })]);
    expect((await world.sfu.listSessions(APP)).sessions.map(({ sessionId }) => sessionId)).toEqual([other.id]);
  });

  it('in a subscriber does not reach the publisher', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    const viewer = await world.join(new ScriptedClient());
    await viewer.receive(publisher.track('camera'));
    failOn(world, 'remove-subscriber-track');

    await world.sfu.closeTracks(APP, publisher.id, { tracks: [{ trackId: 'camera' }] });

    expect(world.eventsOf('session.defect')).toEqual([expect.objectContaining({ sessionId: viewer.id })]);
    expect((await world.sfu.listSessions(APP)).sessions.map(({ sessionId }) => sessionId)).toEqual([publisher.id]);
  });
});

describe('a registry that fails', () => {
  it('is reported and does not stop the session', async () => {
    const registry = new MemoryRegistry();
    registry.putTrack = () => Promise.reject(new Error('away'));
    const world = new SfuUnderTest({ registry });

    const publisher = await world.joinPublisher();

    expect(await world.sfu.listTracks(APP, publisher.id)).toHaveLength(1);
    expect(world.eventsOf('registry.failed').length).toBeGreaterThan(0);
  });
});

describe('a session that receives its own track', () => {
  it('is left in order when it closes that track', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    await publisher.receive(publisher.track('camera'));

    await world.sfu.closeTracks(APP, publisher.id, { tracks: [{ trackId: 'camera' }] });
    await world.sfu.deleteSession(APP, publisher.id);

    expect(world.shard.log.slice(-4)).toEqual([
      expect.stringMatching(/^put-subscriber-track/),
      expect.stringMatching(/^remove-publisher-track/),
      expect.stringMatching(/^remove-subscriber-track/),
      expect.stringMatching(/^close-transport/),
    ]);
    expect(world.eventsOf('session.defect')).toEqual([]);
  });
});
