import { ScriptedClient } from '@causeway/testkit/mesh';
import { APP, type Joined, SfuUnderTest } from '../doubles/sfu-under-test.ts';

async function viewerOf(world: SfuUnderTest): Promise<Joined> {
  const client = new ScriptedClient();
  client.addTransceiver('video', { direction: 'recvonly' });
  return world.join(client);
}

describe('which m-section a track is received on', () => {
  it('an unused receiving one goes before a trackless sending one, and that before a new one', async () => {
    const world = new SfuUnderTest();
    const publishers = [await world.joinPublisher('a'), await world.joinPublisher('b'), await world.joinPublisher('c')];
    const client = new ScriptedClient();
    client.addTransceiver('video');
    client.addTransceiver('video', { direction: 'recvonly' });
    const viewer = await world.join(client);

    const mids = [];
    for (const [index, publisher] of publishers.entries()) {
      const reply = await viewer.receive(publisher.track('abc'.charAt(index)));
      mids.push(reply.tracks[0]?.mid);
    }

    expect(mids).toEqual(['1', '0', 's0']);
  });

  it('one that publishes a track of a stream is left alone, pending or not', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    const client = new ScriptedClient();
    client.addTransceiver('video', { trackId: 'own', streamId: 'own-stream' });
    const viewer = await world.join(client);

    const reply = await viewer.receive(publisher.track('camera'));

    expect(reply.tracks[0]?.mid).toBe('s0');
  });

  it('a trackless transceiver that turns out to send is left alone', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    const client = new ScriptedClient();
    client.addTransceiver('video');
    const viewer = await world.join(client);
    for (const { trackId } of world.shard.publicationsOf(viewer.id))
      world.shard.listener({ type: 'track-activity', trackId, activity: 'active' });

    const reply = await viewer.receive(publisher.track('camera'));

    expect(reply.tracks[0]?.mid).toBe('s0');
  });

  it('100 subscribe and unsubscribe cycles keep one m-section', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    const viewer = await viewerOf(world);

    for (let cycle = 0; cycle < 100; cycle++) {
      const reply = await viewer.receive(publisher.track('camera'));
      expect(reply.tracks[0]?.mid).toBe('0');
      expect(world.shard.subscriptionsOf(viewer.id)).toHaveLength(1);
      await world.sfu.unsubscribe(APP, viewer.id, { tracks: [{ mid: '0' }] });
      expect(world.shard.subscriptionsOf(viewer.id)).toEqual([]);
    }

    expect(viewer.client.transceivers).toHaveLength(1);
  });

  it('100 cycles through changing tracks keep one m-section too', async () => {
    const world = new SfuUnderTest();
    const publishers = [await world.joinPublisher('a'), await world.joinPublisher('b'), await world.joinPublisher('c')];
    const viewer = await viewerOf(world);

    for (let cycle = 0; cycle < 100; cycle++) {
      const publisher = publishers[cycle % 3];
      if (publisher === undefined) throw new Error('there are three');
      const track = publisher.track('abc'.charAt(cycle % 3));
      await viewer.receive(track);
      expect(viewer.client.lastRemote?.sections[0]?.msids).toEqual([{ streamId: publisher.id, trackId: track.remoteTrackId }]);
      await world.sfu.unsubscribe(APP, viewer.id, { tracks: [track] });
    }

    expect(viewer.client.transceivers).toHaveLength(1);
  });

  it('after unsubscribing with SDP the same m-section is used again, and track fires again', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    const viewer = await viewerOf(world);

    for (let cycle = 1; cycle <= 3; cycle++) {
      await viewer.receive(publisher.track('camera'));
      expect(viewer.client.at('0').trackEvents).toBe(cycle);
      const sessionDescription = viewer.client.createOffer();
      const reply = await world.sfu.unsubscribe(APP, viewer.id, { tracks: [{ mid: '0' }], sessionDescription });
      if (reply.sessionDescription !== undefined) viewer.client.applyAnswer(reply.sessionDescription);
      expect(viewer.client.lastRemote?.sections[0]?.direction).toBe('inactive');
    }

    expect(viewer.client.transceivers).toHaveLength(1);
  });

  it('a publisher that leaves frees its section; the next one fires track', async () => {
    const world = new SfuUnderTest();
    const viewer = await viewerOf(world);

    for (let cycle = 0; cycle < 10; cycle++) {
      const publisher = await world.joinPublisher();
      await viewer.receive(publisher.track('camera'));
      await world.sfu.deleteSession(APP, publisher.id);
      expect(world.shard.subscriptionsOf(viewer.id)).toEqual([]);
    }

    expect(viewer.client.transceivers).toHaveLength(2);
    expect(viewer.client.transceivers.reduce((sum, { trackEvents }) => sum + trackEvents, 0)).toBe(10);
  });

  it('the m-section of a closed publication is used where the client still receives on it', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    const client = new ScriptedClient();
    client.addTransceiver('video', { trackId: 'own', streamId: 'own' });
    const viewer = await world.join(client);
    client.at('0').direction = 'recvonly';
    const closed = await world.sfu.closeTracks(APP, viewer.id, { tracks: [{ trackId: 'own' }], sessionDescription: client.createOffer() });
    if (closed.sessionDescription !== undefined) client.applyAnswer(closed.sessionDescription);

    const reply = await viewer.receive(publisher.track('camera'));

    expect(reply.tracks[0]?.mid).toBe('0');
  });
});
