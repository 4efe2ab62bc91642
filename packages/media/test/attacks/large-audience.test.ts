import { PublishingPeer, VideoSource, VirtualWorld } from '@causeway/testkit';
import { createBestLayerAllocator } from '../../src/congestion/index.ts';

const SUBSCRIPTIONS = 200;
/** One when a subscriber joins, one when its plan has been looked at. */
const CHOICES_PER_SUBSCRIPTION = 2;

/** A camera with its first frames here; `choices` counts how often a layer was chosen for somebody. */
function camera() {
  const { choose } = createBestLayerAllocator();
  const counted = { choices: 0 };
  const world = new VirtualWorld({
    allocator: {
      choose: (nowMs, layers, wish) => {
        counted.choices++;
        return choose(nowMs, layers, wish);
      },
    },
  });
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  const publish = (ssrcs: readonly number[]) =>
    world.publish(alice, { trackId: 'camera', ssrcs: ssrcs.map((ssrc) => ({ ssrc, rtxSsrc: undefined })) });
  publish([7]);
  new PublishingPeer(world, alice, new VideoSource({ ssrc: 7 })).publishFor(100);
  const subscribe = () => {
    for (let place = 0; place < SUBSCRIPTIONS; place++) world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 1000 + place });
  };
  return { counted, publish, subscribe };
}

test('a subscriber that joins costs as many layer choices as the first one, however many are there', () => {
  const { counted, subscribe } = camera();

  subscribe();

  expect(counted.choices).toBeLessThanOrEqual(CHOICES_PER_SUBSCRIPTION * SUBSCRIPTIONS);
});

test('a publication that is described anew costs its subscribers one layer choice each', () => {
  const { counted, publish, subscribe } = camera();
  subscribe();
  counted.choices = 0;

  publish([7, 8]);

  expect(counted.choices).toBe(SUBSCRIPTIONS);
});
