/** A peer may have bounds of its own on what it sends and is sent. */
import { SIMULCAST_EXTENSIONS, SimulcastPeer, VirtualWorld } from '@causeway/testkit';
import type { TransportPlan } from '../../src/index.ts';

const SIZE_OF = new Map([
  [100, 'q'],
  [300, 'h'],
  [1000, 'f'],
]);

/** Alice's camera in three layers of about 100, 300 and 800 kbit/s, and Bob, who watches it. */
function call(ofAlice: Partial<TransportPlan>, ofBob: Partial<TransportPlan>) {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice', undefined, ofAlice);
  const bob = world.connectPeer('bob', undefined, ofBob);
  world.publish(alice, { trackId: 'camera', extensions: SIMULCAST_EXTENSIONS, rids: ['q', 'h', 'f'] });
  const simulcast = new SimulcastPeer(world, alice);
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70 });
  world.keepAlive(bob, 60_000);
  world.keepAlive(alice, 60_000);
  simulcast.publishFor(6_000);
  const before = bob.received.length;
  simulcast.publishFor(4_000);
  const received = bob.received.slice(before);
  const bytes = received.reduce((sum, { payload }) => sum + payload.length, 0);
  return { world, layers: new Set(received.map(({ payload }) => SIZE_OF.get(payload.length))), kbps: (bytes * 8) / 4_000 };
}

test('is sent what fits its bound, in a lower layer if need be', () => {
  expect(call({}, {}).layers).toEqual(new Set(['f']));
  expect(call({}, { maxDownloadBps: 500_000 }).layers).toEqual(new Set(['h']));
  expect(call({}, { maxDownloadBps: 200_000 }).layers).toEqual(new Set(['q']));
});

test('may send so much and no more, all its tracks and layers together', () => {
  const bounded = call({ maxUploadBps: 400_000 }, {});
  const unbounded = call({}, {});

  expect(bounded.world.engine.drops()['over-upload-limit']).toBeGreaterThan(100);
  expect(unbounded.world.engine.drops()['over-upload-limit'] ?? 0).toBe(0);
  expect(bounded.kbps).toBeLessThan(400);
});
