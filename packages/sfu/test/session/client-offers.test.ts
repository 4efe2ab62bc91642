import { ScriptedClient } from '@causeway/testkit/mesh';
import { APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';
import { watched } from '../doubles/watched.ts';

function withoutUsableVideo({ sdp }: { readonly sdp: string }): { readonly type: 'offer'; readonly sdp: string } {
  return { type: 'offer', sdp: sdp.replace(/^a=rtpmap:(\d+) (VP8|VP9|H264)\//gm, 'a=rtpmap:$1 H265/') };
}

describe('renegotiate with an offer', () => {
  it('restarts ICE: new credentials on both sides, everything else as it was', async () => {
    const { world, publisher, viewer } = await watched();
    const before = viewer.client.lastRemote;
    const logged = world.shard.log.length;
    viewer.client.restartIce();

    await viewer.offer();

    const after = viewer.client.lastRemote;
    expect(world.shard.restarts).toEqual([{ transportId: viewer.id, remote: viewer.client.ice, local: after?.sections[0]?.ice }]);
    expect(world.shard.log.slice(logged)).toEqual([`restart-ice ${viewer.id}`]);
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
    world.shard.listener({ type: 'transport-closed', transportId: both.id, reason: 'peer_closed' });
    world.shard.connect(moved);
    world.shard.listener({ type: 'connection-state', transportId: both.id, state: 'disconnected' });
    expect((await world.sfu.describeSession(APP, both.id)).connectionState).toBe('connected');
    await world.sfu.deleteSession(APP, both.id);
    expect(world.shard.transports.has(moved)).toBe(false);
  });

  it('keeps the transport when the m-section offered first is one that the SFU rejects', async () => {
    const world = new SfuUnderTest();
    const client = new ScriptedClient();
    client.addTransceiver('video', { direction: 'sendonly', trackId: 'own', streamId: 's' });
    client.addTransceiver('audio', { direction: 'sendonly', trackId: 'voice', streamId: 's' });
    const session = await world.sfu.createSession(APP, { sessionDescription: withoutUsableVideo(client.createOffer()) });
    client.applyAnswer(session.sessionDescription);
    client.addTransceiver('audio', { direction: 'sendonly', trackId: 'music', streamId: 's' });

    const reply = await world.sfu.renegotiate(APP, session.sessionId, { sessionDescription: client.createOffer() });

    expect(reply.sessionDescription?.sdp).toContain('a=group:BUNDLE 1 2');
    expect([...world.shard.transports.keys()]).toEqual([session.sessionId]);
  });

  it('opens the transport with the first m-section that the SFU does not reject', async () => {
    const world = new SfuUnderTest();
    const client = new ScriptedClient();
    client.addTransceiver('video', { direction: 'sendonly', trackId: 'own', streamId: 's' });
    const session = await world.sfu.createSession(APP, { sessionDescription: withoutUsableVideo(client.createOffer()) });
    client.applyAnswer(session.sessionDescription);
    const before = [...world.shard.transports.keys()];
    client.addTransceiver('audio', { direction: 'sendonly', trackId: 'voice', streamId: 's' });

    await world.sfu.renegotiate(APP, session.sessionId, { sessionDescription: client.createOffer() });

    expect(before).toEqual([]);
    expect([...world.shard.transports.keys()]).toEqual([session.sessionId]);
  });

  it.each([
    ['new credentials, as Chromium', true],
    ['the same credentials, as Firefox', false],
  ])(
    'moves everything to a new transport when a new m-section takes the place of a rejected one in front (%s)',
    async (_what, restarts) => {
      const world = new SfuUnderTest();
      const client = new ScriptedClient();
      client.addTransceiver('video', { direction: 'sendonly', trackId: 'own', streamId: 's' });
      client.addTransceiver('audio', { direction: 'sendonly', trackId: 'voice', streamId: 's' });
      const session = await world.join(client);
      client.at('0').isStopped = true;
      await session.offer();
      const added = client.addTransceiver('video', { direction: 'sendonly', trackId: 'again', streamId: 's' });
      client.transceivers.splice(0, client.transceivers.length, added, client.at('1'));
      if (restarts) client.restartIce();

      await session.offer();

      expect([...world.shard.transports.keys()]).toEqual([`${session.id}/t2`]);
      expect(world.shard.publicationsOf(`${session.id}/t2`).map(({ mid }) => mid)).toEqual(['2', '1']);
      expect(world.shard.transports.get(`${session.id}/t2`)).toMatchObject({
        remote: client.ice,
        local: client.lastRemote?.sections[1]?.ice,
      });
    },
  );

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
