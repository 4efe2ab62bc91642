import { TrackId } from '@causeway/protocol';
import { ScriptedClient } from '@causeway/testkit/mesh';
import { APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';

const TRACKS = 40;

async function crowded() {
  const world = new SfuUnderTest();
  const client = new ScriptedClient();
  const trackIds = Array.from({ length: TRACKS }, (_, index) => TrackId.parse(`camera-${index}`));
  for (const trackId of trackIds) client.addTransceiver('video', { direction: 'sendonly', trackId, streamId: 's' });
  const publisher = await world.join(client);
  const viewer = await world.join(new ScriptedClient());
  await viewer.receive(...trackIds.map((trackId) => publisher.track(trackId)));
  return { world, publisher, viewer };
}

/** How many tracks, published or subscribed to, are written as text while this runs. */
async function comparedDuring(run: () => unknown): Promise<number> {
  const stringify = jest.spyOn(JSON, 'stringify');
  await run();
  const compared = stringify.mock.calls.filter(([value]) => value instanceof Object && ('trackId' in value || 'subscriptionId' in value));
  stringify.mockRestore();
  return compared.length;
}

describe('a session with many tracks', () => {
  it('compares only the subscription that has changed with what the engine does', async () => {
    const { world, viewer } = await crowded();
    const puts = world.shard.log.length;

    const compared = await comparedDuring(() => world.sfu.updateTracks(APP, viewer.id, { tracks: [{ mid: 's7', paused: true }] }));

    expect(world.shard.log.slice(puts)).toHaveLength(1);
    expect(compared).toBe(2);
  });

  it('compares only the publication that has come to life with what the engine and the subscribers know', async () => {
    const { world, publisher } = await crowded();
    const [plan] = world.shard.publicationsOf(publisher.id);

    const compared = await comparedDuring(() =>
      world.shard.listener({ type: 'track-activity', trackId: plan?.trackId ?? '', activity: 'active' }),
    );

    expect(world.eventsOf('track.active')).toHaveLength(1);
    expect(compared).toBe(4);
  });
});
