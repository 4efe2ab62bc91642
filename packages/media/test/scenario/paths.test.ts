import { CLEAN_LINK, PublishingPeer, ReceivingPeer, VideoSource, VirtualWorld } from '@causeway/testkit';

function dropsOf(world: VirtualWorld, reason: string): number {
  return world.engine.snapshot(world.nowMs).drops[reason] ?? -1;
}

test('a subscriber that nominates a new address gets the next packet there', () => {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70 });
  const publisher = new PublishingPeer(world, alice, new VideoSource({ ssrc: 7 }));
  const receiver = new ReceivingPeer(world, bob, { ssrc: 70 });
  publisher.publishFor(500);
  const oldPath = bob.path;
  const newPath = world.migrate(bob);
  bob.check(world.nowMs);
  world.run(50);
  const sentToOldPath = world.linksOf(oldPath).down.sent;

  publisher.publishFor(500);

  expect(world.linksOf(oldPath).down.sent).toBe(sentToOldPath);
  expect(world.linksOf(newPath).down.sent).toBeGreaterThan(40);
  expect(receiver.missing).toEqual([]);
});

test('a publisher may send from a new address as soon as a check from there was authenticated', () => {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70 });
  const publisher = new PublishingPeer(world, alice, new VideoSource({ ssrc: 7 }));
  publisher.publishFor(500);
  const receivedBefore = bob.received.length;
  world.migrate(alice);
  publisher.sendFrame();
  world.run(50);

  const droppedBeforeCheck = dropsOf(world, 'unknown-path');
  alice.check(world.nowMs);
  publisher.publishFor(500);

  expect(droppedBeforeCheck).toBe(3);
  expect(dropsOf(world, 'unknown-path')).toBe(3);
  expect(bob.received.length).toBeGreaterThan(receivedBefore + 39);
});

test('checks with a wrong password or an unknown user fragment get no answer and change nothing', () => {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const answeredBefore = alice.checksAnswered;
  const stranger = world.addPeer('stranger');
  world.engine.handleCommand(world.nowMs, { type: 'close-transport', transportId: 'stranger' });
  const sentBefore = world.linksOf(stranger.path).down.sent;

  stranger.check(world.nowMs);
  world.run(100);

  expect(world.linksOf(stranger.path).down.sent).toBe(sentBefore);
  expect(dropsOf(world, 'stun-wrong-ufrag')).toBe(1);
  expect(alice.checksAnswered).toBe(answeredBefore);
});

test('of a thousand addresses with valid credentials eight are kept, and the nominated one is always among them', () => {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70 });
  const publisher = new PublishingPeer(world, alice, new VideoSource({ ssrc: 7 }));
  publisher.publishFor(200);
  const home = bob.path;
  const sentHomeBefore = world.linksOf(home).down.sent;
  for (let address = 0; address < 1000; address++) {
    world.migrate(bob, { ...CLEAN_LINK, delayMs: 1 });
    bob.check(world.nowMs, { nominate: false });
  }
  world.run(50);

  publisher.publishFor(500);

  expect(world.releasedPaths).toHaveLength(1000 + 1 - 8);
  expect(world.releasedPaths).not.toContain(home);
  expect(world.linksOf(home).down.sent).toBeGreaterThan(sentHomeBefore + 40);
});

test('a peer that falls silent is disconnected after five seconds, closed after thirty more, and sent nothing from then on', () => {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70 });
  const publisher = new PublishingPeer(world, alice, new VideoSource({ ssrc: 7 }));
  const silentSinceMs = world.nowMs;
  publisher.publishFor(36_500);
  const sentToBob = world.linksOf(bob.path).down.sent;

  publisher.publishFor(2000);

  const eventsOfBob = world.events.filter(({ id }) => id === 'bob').map(({ what, atMs }) => ({ what, afterMs: atMs - silentSinceMs }));
  const find = (what: string) => eventsOfBob.find((event) => event.what === what)?.afterMs ?? Number.NaN;
  expect(find('disconnected')).toBeGreaterThanOrEqual(4700);
  expect(find('disconnected')).toBeLessThanOrEqual(5600);
  expect(find('connection_lost')).toBeGreaterThanOrEqual(34_700);
  expect(find('connection_lost')).toBeLessThanOrEqual(35_600);
  expect(world.linksOf(bob.path).down.sent).toBe(sentToBob);
  expect(world.events.filter(({ id, what }) => id === 'alice' && what === 'disconnected')).toEqual([]);
});

test('a peer that was silent for thirty seconds is sent nothing more, and everything again when it comes back', () => {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70 });
  const publisher = new PublishingPeer(world, alice, new VideoSource({ ssrc: 7 }));
  publisher.publishFor(30_600);
  const sentToBob = world.linksOf(bob.path).down.sent;

  publisher.publishFor(2000);
  const sentInSilence = world.linksOf(bob.path).down.sent - sentToBob;
  const keyframesAsked = publisher.keyframeRequestsMs.length;
  bob.check(world.nowMs);
  publisher.publishFor(500);

  expect(sentInSilence).toBe(0);
  expect(publisher.keyframeRequestsMs.length).toBe(keyframesAsked + 1);
  expect(world.linksOf(bob.path).down.sent).toBeGreaterThan(sentToBob + 30);
});

test('a transport that never connects is closed after thirty seconds', () => {
  const world = new VirtualWorld();
  world.addPeer('nobody');

  world.run(31_000);

  expect(world.events).toContainEqual({ atMs: expect.any(Number), id: 'nobody', what: 'setup_timeout' });
  expect(world.engine.snapshot(world.nowMs)).toMatchObject({ transports: [], timers: 0 });
});

test('after an ICE restart both credentials work until the peer nominates with the new ones', () => {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  world.engine.handleCommand(world.nowMs, {
    type: 'restart-ice',
    plan: {
      transportId: 'alice',
      local: { ufrag: 'eng2-alice', password: 'second-engine-password' },
      remote: { ufrag: 'peer2', password: 'second-peer-password' },
    },
  });
  alice.check(world.nowMs);
  world.run(50);
  const answeredWithOld = alice.checksAnswered;
  alice.useCredentials({ ufrag: 'peer2', password: 'second-peer-password' }, { ufrag: 'eng2-alice', password: 'second-engine-password' });
  alice.check(world.nowMs);
  world.run(50);
  const answeredWithNew = alice.checksAnswered;
  alice.useCredentials({ ufrag: 'peer-alice', password: 'x' }, { ufrag: 'eng-alice', password: 'engine-password-of-alice' });

  alice.check(world.nowMs);
  world.run(50);

  expect(answeredWithOld).toBe(2);
  expect(answeredWithNew).toBe(3);
  expect(alice.checksAnswered).toBe(3);
});

test('closing everything leaves no timer, endpoint or path behind', () => {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70 });
  new PublishingPeer(world, alice, new VideoSource({ ssrc: 7 })).publishFor(500);
  world.engine.handleCommand(world.nowMs, { type: 'close-transport', transportId: 'alice' });
  bob.sayGoodbye(world.nowMs);
  world.run(100);

  const { transports, publisherTracks, subscriberTracks, timers } = world.engine.snapshot(world.nowMs);
  expect({ transports, publisherTracks, subscriberTracks, timers }).toEqual({
    transports: [],
    publisherTracks: 0,
    subscriberTracks: 0,
    timers: 0,
  });
  expect(world.suite.openEndpoints).toBe(0);
  expect(world.releasedPaths).toHaveLength(2);
  expect(world.events).toContainEqual({ atMs: expect.any(Number), id: 'bob', what: 'peer_closed' });
  expect(alice.hasSaidGoodbye).toBe(true);
});
