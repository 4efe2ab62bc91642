import { PublishingPeer, VideoSource, VirtualWorld } from '@causeway/testkit';
import { LayerCatalogue } from '../../src/publisher/layer-catalogue.ts';

const SUBSCRIPTIONS = 200;
/** One when a subscriber joins, and one when what all of them get is looked at together. */
const CHOICES_PER_SUBSCRIPTION = 2;

/** A camera with its first frames here; `choices` counts how often its layers were looked at for one of the subscribers. */
function camera() {
  const options = jest.spyOn(LayerCatalogue.prototype, 'options', 'get');
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  const publish = (ssrcs: readonly number[]) =>
    world.publish(alice, { trackId: 'camera', ssrcs: ssrcs.map((ssrc) => ({ ssrc, rtxSsrc: undefined })) });
  publish([7]);
  new PublishingPeer(world, alice, new VideoSource({ ssrc: 7 })).publishFor(100);
  const subscribe = () => {
    for (let place = 0; place < SUBSCRIPTIONS; place++) world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 1000 + place });
    world.run(1);
  };
  return { world, options, publish, subscribe };
}

afterEach(() => jest.restoreAllMocks());

test('a subscriber that joins costs as many layer choices as the first one, however many are there', () => {
  const { options, subscribe } = camera();

  subscribe();

  expect(options.mock.calls.length).toBeLessThanOrEqual(CHOICES_PER_SUBSCRIPTION * SUBSCRIPTIONS);
});

test('a publication that is described again costs its subscribers two layer choices each', () => {
  const { world, options, publish, subscribe } = camera();
  subscribe();
  options.mockClear();

  publish([7, 8]);
  world.run(1);

  expect(options.mock.calls.length).toBeLessThanOrEqual(CHOICES_PER_SUBSCRIPTION * SUBSCRIPTIONS);
});
