import { serialOf, VideoSource, VirtualWorld } from '@causeway/testkit';

test('a subscriber gets every packet from the first keyframe on, under its own SSRC, in one continuous sequence', () => {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70 });
  const source = new VideoSource({ ssrc: 7 });

  for (let frame = 0; frame < 30; frame++) {
    for (const packet of source.nextFrame(frame === 3 ? 'key' : 'inter')) alice.sendRtp(world.nowMs, packet);
    world.run(33);
  }
  world.run(100);

  expect(bob.received).toHaveLength(27 * 3);
  expect(new Set(bob.received.map(({ ssrc }) => ssrc))).toEqual(new Set([70]));
  expect(bob.received.map(({ payload }) => serialOf(payload))).toEqual(Array.from({ length: 81 }, (_, index) => index + 9));
  const first = bob.received[0]?.sequence ?? 0;
  expect(bob.received.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 81 }, (_, index) => (first + index) & 0xffff));
});
