/** Temporal layers of VP8 are left out where a subscriber does not want them, and its decoder misses nothing. */
import { SIMULCAST_EXTENSIONS, SimulcastPeer, VirtualWorld, WatchingPeer } from '@causeway/testkit';
import type { LayerPreferences } from '../../src/index.ts';

const LAYERS = [{ rid: 'q', ssrc: 11, payloadBytes: 580, packetsPerFrame: 2, packetsPerKeyframe: 8, hasTemporalLayers: true }];

function call() {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'camera', extensions: SIMULCAST_EXTENSIONS, rids: ['q'] });
  const simulcast = new SimulcastPeer(world, alice, LAYERS);
  const shown = new WatchingPeer(world, bob, { extensionId: 5, forMs: 0 }).watch(70);
  const ask = (layers: LayerPreferences) => world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70, layers });
  for (const peer of [alice, bob]) world.keepAlive(peer, 60_000);
  simulcast.publishFor(3000);
  ask({});
  simulcast.publishFor(3000);
  const framesPerSecond = (durationMs = 3000) => {
    const before = shown.length;
    simulcast.publishFor(durationMs);
    return Math.round((1000 * (shown.length - before)) / durationMs);
  };
  return { world, bob, simulcast, ask, framesPerSecond };
}

test.each<[LayerPreferences, number]>([
  [{}, 30],
  [{ maxTemporalId: 1 }, 15],
  [{ maxTemporalId: 0 }, 8],
  [{ maxFramesPerSecond: 20 }, 15],
  [{ maxFramesPerSecond: 1 }, 8],
])('%j leaves about %d frames a second, all of which can be decoded', (layers, expected) => {
  const { ask, framesPerSecond, bob } = call();
  ask(layers);
  framesPerSecond(500);

  const shown = framesPerSecond();

  const sequences = bob.received.map(({ sequence }) => sequence);
  expect(Math.abs(shown - expected)).toBeLessThanOrEqual(1);
  expect(sequences).toEqual(sequences.map((_, index) => ((sequences[0] ?? 0) + index) & 0xffff));
});

test('they come back without a keyframe, and each change is told', () => {
  const { world, simulcast, ask, framesPerSecond } = call();
  const keyframesBefore = simulcast.keyframeRequests.length;
  world.changes.length = 0;
  ask({ maxTemporalId: 0 });
  const less = framesPerSecond();
  ask({});

  framesPerSecond(1000);
  const more = framesPerSecond();

  expect([less, more]).toEqual([8, 30]);
  expect(simulcast.keyframeRequests.length).toBe(keyframesBefore);
  expect(
    world.changes.flatMap(({ event }) => (event.type === 'layer-changed' ? [[event.rid, event.temporalId, event.reason]] : [])),
  ).toEqual([
    ['q', 0, 'request'],
    ['q', undefined, 'request'],
  ]);
});
