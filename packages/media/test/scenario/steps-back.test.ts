/** A better layer is left again soon after its keyframe: the lower one needs no other, its packets since then are kept. */
import { CAMERA_LAYERS, type ScriptedPeer, SIMULCAST_EXTENSIONS, SimulcastPeer, VirtualWorld } from '@causeway/testkit';

const FRAME_MS = 33;
const SIZE_OF = { q: 580, f: 1000 } as const;

type Received = ScriptedPeer['received'][number];

/** Bob watches the lowest layer, asks for the best one, and gets it with keyframes of all layers, as Chromium sends them. */
function steppedUp() {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'camera', extensions: SIMULCAST_EXTENSIONS, rids: ['q', 'h', 'f'] });
  const simulcast = new SimulcastPeer(world, alice, CAMERA_LAYERS);
  simulcast.answersForAllLayers = true;
  const ask = (preferredRid: string) => world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70, preferredRid });
  world.keepAlive(bob, 30_000);
  world.keepAlive(alice, 30_000);
  ask('q');
  simulcast.publishFor(6000);
  ask('f');
  simulcast.publishFor(400);
  return { world, bob, simulcast, ask };
}

function sizes(received: readonly Received[]): number[] {
  return received.map(({ payload }) => payload.length);
}

test('the step back needs no keyframe, and comes at once', () => {
  const { world, bob, simulcast, ask } = steppedUp();
  const [asked, before] = [simulcast.keyframeRequests.length, bob.received.length];
  const seenBefore = bob.received.at(-1)?.payload.length;

  ask('q');
  simulcast.publishFor(2 * FRAME_MS);
  world.run(50);

  const since = bob.received.slice(before);
  expect(seenBefore).toBe(SIZE_OF.f);
  expect(since.length).toBeGreaterThan(10);
  expect(sizes(since.slice(1))).toEqual(Array(since.length - 1).fill(SIZE_OF.q));
  expect(simulcast.keyframeRequests).toHaveLength(asked);
});

test('numbers and timestamps advance, and newer frames have the timestamps of their time', () => {
  const { bob, simulcast, ask } = steppedUp();
  const [atFirst] = bob.received;

  ask('q');
  simulcast.publishFor(1000);
  ask('f');
  simulcast.publishFor(400);
  ask('q');
  simulcast.publishFor(1000);

  const { received } = bob;
  const timestamps = received.map(({ timestamp }) => timestamp - (atFirst?.timestamp ?? 0));
  const sequences = received.map(({ sequence }) => sequence);
  expect(sequences).toEqual(sequences.map((_, index) => ((sequences[0] ?? 0) + index) & 0xffff));
  expect(timestamps).toEqual([...timestamps].sort((one, other) => one - other));
  const lag = timestamps.map((timestamp, index) => (received[index]?.atMs ?? 0) - (atFirst?.atMs ?? 0) - timestamp / 90);
  expect(Math.max(...lag)).toBeLessThan(2.5 * FRAME_MS);
  // The source counts 33.3 ms for a frame.
  expect(Math.min(...lag)).toBeGreaterThan(-2.5 * FRAME_MS - 0.01 * (received.at(-1)?.atMs ?? 0));
});

test('with a keyframe of long ago the lower layer is asked for another, and the better one goes on until it comes', () => {
  const { world, bob, simulcast, ask } = steppedUp();
  simulcast.publishFor(2000);
  const [asked, before] = [simulcast.keyframeRequests.length, bob.received.length];

  ask('q');
  simulcast.publishFor(FRAME_MS);
  const untilThen = bob.received.slice(before);
  simulcast.publishFor(400);
  world.run(50);

  expect(simulcast.keyframeRequests.length).toBe(asked + 1);
  expect(new Set(sizes(untilThen))).toEqual(new Set([SIZE_OF.f]));
  expect(bob.received.at(-1)?.payload.length).toBe(SIZE_OF.q);
});
