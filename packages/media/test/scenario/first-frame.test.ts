import { PublishingPeer, VideoSource, VirtualWorld } from '@causeway/testkit';

interface Call {
  readonly world: VirtualWorld;
  readonly publisher: PublishingPeer;
}

function startCall(): Call {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
  world.keepAlive(alice, 20_000);
  return { world, publisher: new PublishingPeer(world, alice, new VideoSource({ ssrc: 7 })) };
}

function measured({ world }: Call): { readonly times: number; readonly sumMs: number } {
  const { counts, sumMs } = world.engine.firstFrames();
  return { times: counts.reduce((sum, count) => sum + count, 0), sumMs };
}

test('a viewer has waited from when it could be sent to until its first keyframe, and later switches do not count', () => {
  const call = startCall();
  const { world, publisher } = call;
  publisher.publishFor(2_000);
  const bob = world.connectPeer('bob');
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70 });
  const before = measured(call);

  publisher.publishFor(300);
  const { times, sumMs } = measured(call);
  publisher.publishFor(5_000);

  expect(before.times).toBe(0);
  expect(times).toBe(1);
  // A round trip of 20 ms to the publisher and the interval of its frames.
  expect(sumMs).toBeGreaterThan(0);
  expect(sumMs).toBeLessThanOrEqual(20 + 33 + 10);
  expect(measured(call)).toEqual({ times, sumMs });
});

test('time in a pause is not waiting time', () => {
  const call = startCall();
  const { world, publisher } = call;
  publisher.publishFor(500);
  const bob = world.connectPeer('bob');
  world.keepAlive(bob, 20_000);
  const shape = { sourceTrackId: 'camera', ssrc: 70 };
  world.subscribe(bob, { ...shape, paused: true });
  publisher.publishFor(4_000);
  world.subscribe(bob, shape);

  publisher.publishFor(300);

  expect(measured(call).times).toBe(1);
  expect(measured(call).sumMs).toBeLessThanOrEqual(20 + 33 + 10);
});
