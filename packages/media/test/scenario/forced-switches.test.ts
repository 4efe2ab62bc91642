/** A viewer that asks for one layer after the other, a thousand times. */
import { SIMULCAST_EXTENSIONS, SimulcastPeer, VirtualWorld, WatchingPeer } from '@causeway/testkit';
import { longestGapMs } from './narrow-call.ts';

const SWITCHES = 1000;
const FRAMES_BETWEEN = 12;
const FRAME_MS = 33;
const SIZE = { q: 100, h: 300, f: 1000 } as const;
/** Steps up by one and by two, and steps down by one and by two. */
const ROUND = ['h', 'f', 'q', 'f', 'h', 'q'] as const;

test('a thousand switches of layer leave no gap, and ask for at most one keyframe each', () => {
  const world = new VirtualWorld(1);
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'camera', extensions: SIMULCAST_EXTENSIONS, rids: ['q', 'h', 'f'] });
  const simulcast = new SimulcastPeer(world, alice);
  const viewer = new WatchingPeer(world, bob, { extensionId: 5, forMs: 0 });
  for (const peer of [alice, bob]) world.keepAlive(peer, (SWITCHES + 20) * FRAMES_BETWEEN * FRAME_MS);
  simulcast.publishFor(1000);
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70, preferredRid: 'q' });
  const frames = viewer.watch(70);
  simulcast.publishFor(1000);
  const fromMs = world.nowMs;
  const asked = simulcast.keyframeRequests.length;
  const wrong: string[] = [];

  for (let index = 0; index < SWITCHES; index++) {
    const rid = ROUND[index % ROUND.length] ?? 'q';
    world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70, preferredRid: rid });
    simulcast.publishFor(FRAMES_BETWEEN * FRAME_MS);
    if (frames.at(-1)?.payloadBytes !== SIZE[rid]) wrong.push(`switch ${index} to ${rid}`);
  }

  const numbers = bob.received.map(({ sequence }) => sequence);
  expect(wrong).toEqual([]);
  expect(numbers.every((number, index) => index === 0 || number === (((numbers[index - 1] ?? 0) + 1) & 0xffff))).toBe(true);
  expect(longestGapMs(frames, fromMs, world.nowMs)).toBeLessThan(200);
  expect(simulcast.keyframeRequests.length - asked).toBeLessThanOrEqual(SWITCHES);
});
