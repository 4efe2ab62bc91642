import { ScriptedClient } from '../doubles/scripted-client.ts';
import { APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';
import { watched } from '../doubles/watched.ts';

describe('renegotiate with an offer', () => {
  it('restarts ICE: new credentials on both sides, everything else as it was', async () => {
    const { world, publisher, viewer } = await watched();
    const before = viewer.client.lastRemote;
    const logged = world.shard.log.length;
    viewer.client.restartIce();

    await viewer.offer();

    const after = viewer.client.lastRemote;
    expect(world.shard.restarts).toEqual([{ transportId: viewer.id, remote: viewer.client.ice, local: after?.sections[0]?.ice }]);
    expect(world.shard.log.slice(logged)).toEqual([`restartIce ${viewer.id}`]);
    expect(after?.sections[0]?.ice).not.toEqual(before?.sections[0]?.ice);
    expect(after?.sections[0]?.ssrcs).toEqual(before?.sections[0]?.ssrcs);
    expect(world.shard.subscriptionsOf(viewer.id)[0]?.sourceTrackId).toBe(world.shard.publicationsOf(publisher.id)[0]?.trackId);
  });

  it('moves everything to a new transport when the client stops the m-section that stood for the old one', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    const client = new ScriptedClient();
    client.addTransceiver('audio', { direction: 'sendonly', trackId: 'voice', streamId: 's' });
    client.addTransceiver('video', { direction: 'sendonly', trackId: 'own', streamId: 's' });
    const both = await world.join(client);
    await both.receive(publisher.track('camera'));
    const viewer = await world.join(new ScriptedClient());
    await viewer.receive(both.track('own'));
    const [own] = world.shard.publicationsOf(both.id).filter(({ kind }) => kind === 'video');
    client.at('0').isStopped = true;

    await both.offer();

    const moved = `${both.id}/t1`;
    expect([...world.shard.transports.keys()]).not.toContain(both.id);
    expect(world.shard.transports.get(moved)).toMatchObject({ remote: client.ice, local: client.lastRemote?.sections[1]?.ice });
    expect(world.shard.publicationsOf(moved)).toEqual([{ ...own, transportId: moved }]);
    expect(world.shard.subscriptionsOf(moved).map(({ mid }) => mid)).toEqual(['s0']);
    expect(world.shard.subscriptionsOf(viewer.id)[0]?.sourceTrackId).toBe(own?.trackId);
    world.shard.listener.onTransportClosed(both.id, 'peer_closed');
    world.shard.connect(moved);
    expect((await world.sfu.describeSession(APP, both.id)).connectionState).toBe('connected');
    await world.sfu.deleteSession(APP, both.id);
    expect(world.shard.transports.has(moved)).toBe(false);
  });

  it('refuses another certificate', async () => {
    const { world, viewer } = await watched();
    viewer.client.fingerprint = { ...viewer.client.fingerprint, value: 'EF:EF' };

    await expect(viewer.offer()).rejects.toMatchObject({ code: 'invalid_session_description' });
    expect(world.shard.restarts).toEqual([]);
  });

  it('publishes a section that begins to send, as session/new would', async () => {
    const { world, viewer } = await watched();
    viewer.client.addTransceiver('video', { direction: 'sendonly', trackId: 'own', streamId: 's' });

    await viewer.offer();

    expect((await world.sfu.listTracks(APP, viewer.id)).map(({ trackId }) => trackId)).toEqual(['own']);
  });
});
