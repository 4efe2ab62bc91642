import { ScriptedClient } from '@causeway/testkit/mesh';
import { APP, OTHER_APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';

describe('subscribing', () => {
  it("takes the Quick Start's trackless transceiver and fires track on it", async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    const client = new ScriptedClient();
    client.addTransceiver('video');
    const viewer = await world.join(client);
    expect(client.at('0').trackEvents).toBe(0);

    const reply = await viewer.receive(publisher.track('camera'));

    expect(reply).toMatchObject({
      immediateRenegotiationRequired: true,
      sessionId: viewer.id,
      tracks: [{ remoteSessionId: publisher.id, remoteTrackId: 'camera', mid: '0', trackKind: 'video', status: 'active' }],
    });
    expect(client.at('0').trackEvents).toBe(1);
    expect(client.lastRemote?.sections[0]?.msids).toEqual([{ streamId: publisher.id, trackId: 'camera' }]);
  });

  it('sends nothing before the answer, and then forwards the publication on that section', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    const client = new ScriptedClient();
    client.addTransceiver('video', { direction: 'recvonly' });
    const viewer = await world.join(client);

    const reply = await viewer.subscribe(publisher.track('camera'));
    const before = world.shard.subscriptionsOf(viewer.id);
    await viewer.answer(reply);

    expect(before).toEqual([]);
    const [publication] = world.shard.publicationsOf(publisher.id);
    expect(world.shard.subscriptionsOf(viewer.id)).toEqual([
      expect.objectContaining({ mid: '0', kind: 'video', sourceTrackId: publication?.trackId, paused: false, cname: publisher.id }),
    ]);
  });

  it('adds an m-section when the client has none to spare', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    const client = new ScriptedClient();
    client.addTransceiver('audio', { direction: 'sendonly' });
    const viewer = await world.join(client);

    const reply = await viewer.receive(publisher.track('camera'));

    expect(reply.tracks[0]?.mid).toBe('s0');
    expect(client.transceivers.map(({ mid }) => mid)).toEqual(['0', 's0']);
    expect(client.at('s0').trackEvents).toBe(1);
  });

  it('of a pending track is legal', async () => {
    const world = new SfuUnderTest();
    const source = new ScriptedClient();
    source.addTransceiver('video', { direction: 'sendonly', trackId: 'camera', streamId: 's' });
    const publisher = await world.join(source);
    const viewer = await world.join(new ScriptedClient());

    const reply = await viewer.receive(publisher.track('camera'));

    expect(reply.tracks[0]).toMatchObject({ status: 'pending' });
  });

  it('of its own track works, as an echo test does', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();

    const reply = await publisher.receive(publisher.track('camera'));

    expect(reply.tracks[0]?.mid).toBe('s0');
    expect(world.shard.publicationsOf(publisher.id)).toHaveLength(1);
    expect(world.shard.subscriptionsOf(publisher.id)).toHaveLength(1);
  });

  it('twice gives the same mid and no SDP', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    const viewer = await world.join(new ScriptedClient());
    await viewer.receive(publisher.track('camera'));

    const again = await viewer.subscribe(publisher.track('camera'));

    expect(again).toEqual({
      immediateRenegotiationRequired: false,
      sessionId: viewer.id,
      tracks: [expect.objectContaining({ mid: 's0', alreadySubscribed: true, status: 'active' })],
    });
    expect(viewer.client.transceivers).toHaveLength(1);
  });

  it('twice with duplicate: true sends two copies', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    const viewer = await world.join(new ScriptedClient());
    await viewer.receive(publisher.track('camera'));

    const again = await viewer.receive({ ...publisher.track('camera'), duplicate: true });

    expect(again.tracks[0]?.mid).toBe('s1');
    expect(world.shard.subscriptionsOf(viewer.id)).toHaveLength(2);
    expect(viewer.client.lastRemote?.sections.flatMap(({ msids }) => msids.map(({ trackId }) => trackId))).toEqual(['camera', 'camera#2']);
  });

  it('to several tracks makes one offer, and reports each that failed', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    const viewer = await world.join(new ScriptedClient());

    const reply = await viewer.receive(publisher.track('camera'), publisher.track('microphone'));

    expect(reply.immediateRenegotiationRequired).toBe(true);
    expect(reply.tracks).toEqual([
      expect.objectContaining({ mid: 's0', trackKind: 'video' }),
      {
        remoteSessionId: publisher.id,
        remoteTrackId: 'microphone',
        errorCode: 'track_not_found',
        errorDescription: `session ${publisher.id} has no track microphone`,
      },
    ]);
  });

  it('fails when every track fails, with the items', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    const viewer = await world.join(new ScriptedClient());
    const missing = { remoteSessionId: 'session-101-none', remoteTrackId: 'camera' };

    await expect(viewer.subscribe(missing)).rejects.toMatchObject({ code: 'session_not_found' });
    await expect(viewer.subscribe(missing, publisher.track('none'))).rejects.toMatchObject({
      code: 'multiple_errors',
      tracks: [{ errorCode: 'session_not_found' }, { errorCode: 'track_not_found' }],
    });
    expect(world.shard.subscriptionsOf(viewer.id)).toEqual([]);
  });

  it('finds nothing of another app', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    const client = new ScriptedClient();
    const { sessionId } = await world.sfu.createSession(OTHER_APP, { sessionDescription: client.createOffer() });

    await expect(world.sfu.subscribe(OTHER_APP, sessionId, { tracks: [publisher.track('camera')] })).rejects.toMatchObject({
      code: 'session_not_found',
    });
    await expect(world.sfu.listTracks(OTHER_APP, publisher.id)).rejects.toMatchObject({ code: 'session_not_found' });
    await expect(world.sfu.subscribe(OTHER_APP, publisher.id, { tracks: [] })).rejects.toMatchObject({ code: 'session_not_found' });
  });

  it('on a named mid uses that m-section, also where the client publishes', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    const client = new ScriptedClient();
    client.addTransceiver('video', { direction: 'sendrecv', trackId: 'own', streamId: 'own' });
    client.addTransceiver('video', { direction: 'recvonly' });
    const viewer = await world.join(client);

    const reply = await viewer.receive({ ...publisher.track('camera'), mid: '0' });

    expect(reply.tracks[0]?.mid).toBe('0');
    expect(client.lastRemote?.sections[0]?.direction).toBe('sendrecv');
    expect(world.shard.publicationsOf(viewer.id)).toHaveLength(1);
  });

  it.each([
    ['a mid that is not there', '9', 'track_not_found'],
    ['a mid of the other kind', '1', 'codec_mismatch'],
    ['a mid that only sends', '2', 'invalid_params'],
    ['a mid negotiated without the codec', '3', 'codec_mismatch'],
    ['a mid that carries another track', '0', 'invalid_params'],
  ])('on %s fails', async (_name, mid, code) => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher('camera', ['vp8']);
    const other = await world.joinPublisher('screen', ['vp8']);
    const client = new ScriptedClient();
    client.addTransceiver('video', { direction: 'recvonly' });
    client.addTransceiver('audio', { direction: 'recvonly' });
    client.addTransceiver('video', { direction: 'sendonly' });
    client.addTransceiver('video', { direction: 'recvonly', codecs: ['h264'] });
    const viewer = await world.join(client);
    await viewer.receive({ ...other.track('screen'), mid: '0' });

    await expect(viewer.subscribe({ ...publisher.track('camera'), mid })).rejects.toMatchObject({ code });
  });

  it('passes over an m-section that was not negotiated for the codec', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher('camera', ['h264']);
    const client = new ScriptedClient();
    client.addTransceiver('video', { direction: 'recvonly', codecs: ['vp8'] });
    const viewer = await world.join(client);

    const reply = await viewer.receive(publisher.track('camera'));

    expect(reply.tracks[0]?.mid).toBe('s0');
    const [plan] = world.shard.subscriptionsOf(viewer.id);
    expect(plan?.codecs.map(({ name }) => name)).toEqual(['h264']);
  });

  it('adds no m-section beyond the limit of the session', async () => {
    const world = new SfuUnderTest({ limits: { maxSections: 2 } });
    const publisher = await world.joinPublisher();
    const viewer = await world.join(new ScriptedClient());
    const copies = Array.from({ length: 3 }, () => ({ ...publisher.track('camera'), duplicate: true }));

    const reply = await viewer.receive(...copies);

    expect(reply.tracks.map(({ errorCode, mid }) => errorCode ?? mid)).toEqual(['s0', 's1', 'quota_exceeded']);
  });

  it('by an alias finds the track whose id a publish call has changed', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher('msid-of-camera');
    await world.sfu.publish(APP, publisher.id, {
      tracks: [{ trackId: 'camera' as never, mid: '0' }],
      sessionDescription: publisher.client.createOffer(),
    });
    const viewer = await world.join(new ScriptedClient());

    const reply = await viewer.receive(publisher.track('msid-of-camera'));

    expect(reply.tracks[0]).toMatchObject({ remoteTrackId: 'msid-of-camera', status: 'active' });
  });

  describe('asking for a layer', () => {
    async function simulcastWorld() {
      const world = new SfuUnderTest();
      const source = new ScriptedClient();
      source.addTransceiver('video', { direction: 'sendonly', trackId: 'camera', streamId: 's', rids: ['q', 'h', 'f'] });
      const publisher = await world.join(source);
      const viewer = await world.join(new ScriptedClient());
      return { world, publisher, viewer };
    }

    it.each([
      [{}, undefined],
      [{ quality: 'auto' }, undefined],
      [{ quality: 'high' }, undefined],
      [{ quality: 'low' }, 'q'],
      [{ quality: 'medium' }, 'h'],
      [{ quality: 'f' }, 'f'],
      [{ simulcast: { preferredRid: 'h' } }, 'h'],
      [{ simulcast: { preferredRid: 'x' } }, undefined],
    ])('%j prefers rid %s', async (choice, rid) => {
      const { world, publisher, viewer } = await simulcastWorld();

      await viewer.receive({ ...publisher.track('camera'), ...choice });

      expect(world.shard.subscriptionsOf(viewer.id)[0]?.preferredRid).toBe(rid);
    });

    it('that must be there and is not fails', async () => {
      const { publisher, viewer } = await simulcastWorld();
      const simulcast = { preferredRid: 'x', ridNotAvailable: 'none' as const };

      await expect(viewer.subscribe({ ...publisher.track('camera'), simulcast })).rejects.toMatchObject({ code: 'rid_not_available' });
    });
  });
});
