/** What a subscriber asks of layers is heeded, changed without a new stream, and told. */
import { SIMULCAST_EXTENSIONS, SimulcastPeer, VirtualWorld } from '@causeway/testkit';
import type { LayerPreferences } from '../../src/index.ts';

const SIZE_OF = new Map([
  [100, 'q'],
  [300, 'h'],
  [1000, 'f'],
]);

/** Alice's camera in three layers of about 100, 300 and 800 kbit/s, and Bob, who watches it. */
function call(preferredRid?: string, layers?: LayerPreferences) {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'camera', extensions: SIMULCAST_EXTENSIONS, rids: ['q', 'h', 'f'] });
  const simulcast = new SimulcastPeer(world, alice);
  const ask = (rid?: string, preferences?: LayerPreferences) =>
    world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70, preferredRid: rid, ...(preferences && { layers: preferences }) });
  ask(preferredRid, layers);
  world.keepAlive(bob, 60_000);
  world.keepAlive(alice, 60_000);
  simulcast.publishFor(4000);
  const layerNow = () => {
    const before = bob.received.length;
    simulcast.publishFor(200);
    return bob.received.length === before ? undefined : SIZE_OF.get(bob.received.at(-1)?.payload.length ?? 0);
  };
  return { world, bob, simulcast, ask, layerNow };
}

test.each<[LayerPreferences, string]>([
  [{ maxBitrateBps: 500_000 }, 'h'],
  [{ maxBitrateBps: 200_000 }, 'q'],
  [{ maxBitrateBps: 1000 }, 'q'],
  [{ maxWidth: 320 }, 'f'],
])('of %j the best layer within is %s', (layers, rid) => {
  expect(call(undefined, layers).layerNow()).toBe(rid);
});

test('a named layer that stops is replaced by the one below it, and by nothing if there is none', () => {
  const middle = call('h');
  const lowest = call('q');
  const named = [middle.layerNow(), lowest.layerNow()];
  middle.simulcast.active = ['q', 'f'];
  lowest.simulcast.active = ['h', 'f'];

  middle.simulcast.publishFor(3000);
  lowest.simulcast.publishFor(3000);

  expect(named).toEqual(['h', 'q']);
  expect([middle.layerNow(), lowest.layerNow()]).toEqual(['q', undefined]);
  middle.simulcast.active = ['q', 'h', 'f'];
  lowest.simulcast.active = ['q', 'h', 'f'];
  middle.simulcast.publishFor(3000);
  lowest.simulcast.publishFor(3000);
  expect([middle.layerNow(), lowest.layerNow()]).toEqual(['h', 'q']);
});

test('a wish is changed on the running stream, without a gap, and each change is told with its reason', () => {
  const { world, bob, simulcast, ask, layerNow } = call();
  const seen = [layerNow()];
  for (const layers of [{ maxBitrateBps: 500_000 }, { maxBitrateBps: 200_000 }, {}] satisfies LayerPreferences[]) {
    ask(undefined, layers);
    simulcast.publishFor(1000);
    seen.push(layerNow());
  }

  const sequences = bob.received.map(({ sequence }) => sequence);
  const told = world.changes.flatMap(({ event }) => (event.type === 'layer-changed' ? [`${event.rid} ${event.reason}`] : []));
  expect(seen).toEqual(['f', 'h', 'q', 'f']);
  expect(sequences).toEqual(sequences.map((_, index) => ((sequences[0] ?? 0) + index) & 0xffff));
  expect(told.slice(-3)).toEqual(['h request', 'q request', 'f request']);
  expect(new Set(told.slice(0, -3).map((line) => line.split(' ')[1]))).toEqual(new Set(['start', 'publisher']));
});

test('of a layer that its publisher gives up it is told once, and of what is missing entirely as a pause', () => {
  const { world, simulcast } = call('h', { fallback: 'none' });
  world.changes.length = 0;
  simulcast.active = ['q', 'f'];

  simulcast.publishFor(4000);

  expect(world.changes.map(({ event }) => event)).toEqual([
    { type: 'quality-changed', transportId: 'bob', subscriptionId: 'bob/70', quality: 'paused', reason: 'publisher' },
    {
      type: 'layer-changed',
      transportId: 'bob',
      subscriptionId: 'bob/70',
      rid: undefined,
      spatialId: undefined,
      temporalId: undefined,
      reason: 'publisher',
    },
  ]);
});
