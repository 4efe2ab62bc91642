/** The process, or the machine, does not run for a while: nobody could be heard, which is not the same as that nobody spoke. */
import { PublishingPeer, VideoSource, VirtualWorld } from '@causeway/testkit';

const ENDINGS = ['connection_lost', 'setup_timeout'];

function endings(world: VirtualWorld) {
  return world.events.filter(({ what }) => ENDINGS.includes(what));
}

test('a peer that is heard soon after keeps its session, however long it was', () => {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');

  world.standStill(600_000);
  world.run(3_000);
  alice.check(world.nowMs);
  world.run(30_000);

  expect(endings(world)).toEqual([]);
  expect(world.events.at(-1)).toMatchObject({ id: 'alice', what: 'disconnected' });
});

test('nothing is sent to a peer until it has been heard again: consent does not outlast a standstill', () => {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70 });
  const publisher = new PublishingPeer(world, alice, new VideoSource({ ssrc: 7 }));
  publisher.publishFor(330);

  world.standStill(60_000);
  world.run(1_000);
  const sentBefore = world.linksOf(bob.path).down.sent;
  publisher.publishFor(330);
  const sentUnheard = world.linksOf(bob.path).down.sent - sentBefore;
  bob.check(world.nowMs);
  publisher.publishFor(990);

  expect(sentUnheard).toBe(0);
  expect(world.linksOf(bob.path).down.sent).toBeGreaterThan(sentBefore + 30);
});

test('a peer that is silent afterwards is given up after the usual time, counted from then on', () => {
  const world = new VirtualWorld();
  world.connectPeer('alice');

  world.standStill(600_000);
  const resumedAtMs = world.nowMs;
  world.run(60_000);

  const [lost] = endings(world);
  expect(lost).toMatchObject({ id: 'alice', what: 'connection_lost' });
  expect((lost?.atMs ?? 0) - resumedAtMs).toBeGreaterThan(33_000);
  expect((lost?.atMs ?? 0) - resumedAtMs).toBeLessThan(36_000);
});

test('a peer that is still connecting has the rest of its thirty seconds', () => {
  const world = new VirtualWorld();
  const slow = world.addPeer('slow');
  world.run(10_000);

  world.standStill(120_000);
  world.run(1_000);
  slow.check(world.nowMs);
  world.run(5_000);
  const endedEarly = endings(world).length;
  world.run(30_000);

  expect(endedEarly).toBe(0);
  expect(endings(world)).toEqual([{ atMs: expect.any(Number), id: 'slow', what: 'setup_timeout' }]);
});
