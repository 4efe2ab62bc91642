/** Peers that neither publish nor subscribe cost next to nothing: the engine sleeps. */
import { PublishingPeer, VideoSource, VirtualWorld } from '@causeway/testkit';

/** Moments at which the engine wants to be woken within a while, and nobody has sent it anything. */
function wakeUps(world: VirtualWorld, durationMs: number): number {
  const times = new Set<number>();
  const endMs = world.nowMs + durationMs;
  while (world.engine.nextDeadlineMs < endMs) {
    times.add(world.engine.nextDeadlineMs);
    world.run(world.engine.nextDeadlineMs - world.nowMs + 0.001);
  }
  return times.size;
}

test('a hundred idle peers wake the engine four times a second at most', () => {
  const world = new VirtualWorld();
  for (let number = 0; number < 100; number++) {
    world.connectPeer(`idle-${number}`);
    world.run(7);
  }
  world.run(1_000);

  expect(wakeUps(world, 4_000)).toBeLessThanOrEqual(16);
});

test('an engine without peers sleeps', () => {
  const world = new VirtualWorld();
  world.connectPeer('alice');

  world.engine.handleCommand(world.nowMs, { type: 'close-transport', transportId: 'alice' });

  expect(world.engine.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
});

test('a peer that publishes again after it has not hears reports again', () => {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  world.run(3_000);
  const silence = alice.rtcp.length;
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });

  new PublishingPeer(world, alice, new VideoSource({ ssrc: 7 })).publishFor(3_000);

  expect(silence).toBe(0);
  expect(alice.rtcp.some(({ type }) => type === 'receiver-report')).toBe(true);
});
