import { TrackId, TrackName } from '@causeway/protocol';
import { capturedOffer } from '@causeway/testkit/captured-offers';
import { ScriptedClient } from '@causeway/testkit/mesh';
import { APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';

function offerOf(name: string) {
  return { type: 'offer' as const, sdp: capturedOffer(name) };
}

describe('a new session', () => {
  it('has an id that names its node and a UUID', async () => {
    const { sfu } = new SfuUnderTest();

    const { sessionId } = await sfu.createSession(APP, { sessionDescription: offerOf('chromium-quick-start-publisher') });

    expect(sessionId).toMatch(/^session-101-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("publishes the Quick Start's camera under the id of its track, pending", async () => {
    const { sfu } = new SfuUnderTest();

    const { sessionId, tracks } = await sfu.createSession(APP, { sessionDescription: offerOf('chromium-quick-start-publisher') });

    const trackId = 'f7552377-d313-4812-b2c2-ba3bd04512cf';
    expect(tracks).toEqual([{ trackId, mid: '0', customTrackName: '', trackKind: 'video', status: 'pending' }]);
    expect(await sfu.listTracks(APP, sessionId)).toEqual([
      { sessionId, sfuAppId: APP, trackId, customTrackName: '', mid: '0', trackKind: 'video', status: 'pending', rids: [], codec: 'VP8' },
    ]);
  });

  it('publishes nothing when autoPublish is off, and answers inactive', async () => {
    const world = new SfuUnderTest();
    const client = new ScriptedClient();
    client.addTransceiver('video', { direction: 'sendonly' });

    const { id } = await world.join(client, { autoPublish: false });

    expect(await world.sfu.listTracks(APP, id)).toEqual([]);
    expect(client.lastRemote?.sections[0]?.direction).toBe('inactive');
    expect(world.shard.publications.size).toBe(0);
  });

  it('opens one transport with the credentials and fingerprint of the offer, as DTLS server', async () => {
    const { sfu, shard } = new SfuUnderTest();

    const { sessionId } = await sfu.createSession(APP, { sessionDescription: offerOf('chromium-audio-video-data') });

    expect(shard.log.filter((verb) => verb.startsWith('open-transport'))).toHaveLength(1);
    expect(shard.transports.get(sessionId)).toMatchObject({
      dtlsRole: 'server',
      remote: { ufrag: expect.stringMatching(/^\S{4}$/), password: expect.stringMatching(/^\S{24}$/) },
      remoteFingerprints: [{ algorithm: 'sha-256' }],
    });
  });

  it('is DTLS client of a peer that wants to wait', async () => {
    const { sfu, shard } = new SfuUnderTest();
    const sdp = capturedOffer('chromium-data-channel-only').replace('a=setup:actpass', 'a=setup:passive');

    const reply = await sfu.createSession(APP, { sessionDescription: { type: 'offer', sdp } });

    expect(shard.transports.get(reply.sessionId)?.dtlsRole).toBe('client');
    expect(reply.sessionDescription.sdp).toContain('a=setup:active');
  });

  it('leaves nothing behind when its offer is refused', async () => {
    const { sfu, shard, clock } = new SfuUnderTest();
    const sdp = capturedOffer('chromium-quick-start-publisher').replace(
      /a=fingerprint:sha-256 .*/,
      `a=fingerprint:sha-1 ${Array(20).fill('AB').join(':')}`,
    );

    await expect(sfu.createSession(APP, { sessionDescription: { type: 'offer', sdp } })).rejects.toMatchObject({
      code: 'invalid_session_description',
      message: 'm-section 0 has no a=fingerprint with sha-256, sha-384 or sha-512',
    });
    expect(shard.log).toEqual([]);
    expect(clock.armedTimers).toBe(0);
    expect(await sfu.listSessions(APP)).toEqual({ sessions: [] });
  });

  it('names the line of SDP that is too much', async () => {
    const { sfu } = new SfuUnderTest();
    const sdp = capturedOffer('chromium-data-channel-only') + 'm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n'.repeat(256);

    await expect(sfu.createSession(APP, { sessionDescription: { type: 'offer', sdp } })).rejects.toMatchObject({
      code: 'invalid_session_description',
      message: expect.stringContaining('has more than 256 m-sections'),
      details: { line: expect.any(Number) },
    });
  });

  it('starts without m-sections and takes its transport from the first answer', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    const viewer = await world.join(new ScriptedClient());
    expect(world.shard.transports.has(viewer.id)).toBe(false);

    await viewer.receive(publisher.track('camera'));

    expect(world.shard.transports.get(viewer.id)?.remote).toEqual(viewer.client.ice);
    expect(world.shard.subscriptionsOf(viewer.id)).toHaveLength(1);
  });

  it('that never gets a transport ends with setup_timeout after 30 s', async () => {
    const world = new SfuUnderTest();
    const viewer = await world.join(new ScriptedClient());

    await world.clock.advance(29_999);
    const before = await world.sfu.listSessions(APP);
    await world.clock.advance(1);

    expect(before.sessions).toHaveLength(1);
    await expect(world.sfu.listTracks(APP, viewer.id)).rejects.toMatchObject({
      code: 'session_closed',
      details: { reason: 'setup_timeout' },
    });
  });

  it('carries tracks in its first answer, as far as the offer has room for them', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher('camera');
    const client = new ScriptedClient();
    client.addTransceiver('video', { direction: 'recvonly' });

    const reply = await world.sfu.createSession(APP, {
      sessionDescription: client.createOffer(),
      subscribe: [publisher.track('camera'), { ...publisher.track('camera'), duplicate: true }, publisher.track('none')],
    });
    client.applyAnswer(reply.sessionDescription);

    expect(reply.subscriptions).toEqual([
      { remoteSessionId: publisher.id, remoteTrackId: 'camera', customTrackName: '', mid: '0', trackKind: 'video', status: 'active' },
      { remoteSessionId: publisher.id, remoteTrackId: 'camera', customTrackName: '', trackKind: 'video', status: 'needs_renegotiation' },
      expect.objectContaining({ errorCode: 'track_not_found' }),
    ]);
    expect(client.at('0').trackEvents).toBe(1);
    expect(world.shard.subscriptionsOf(reply.sessionId)).toHaveLength(1);
    expect(world.eventsOf('subscription.active')).toEqual([expect.objectContaining({ sessionId: reply.sessionId, mid: '0' })]);
  });

  it('names the tracks of its offer, and publishes the others as ever', async () => {
    const world = new SfuUnderTest();
    const client = new ScriptedClient();
    for (const trackId of ['camera', 'screen']) client.addTransceiver('video', { direction: 'sendonly', trackId, streamId: 's' });
    const tracks = [{ trackId: TrackId.parse('camera'), mid: '0', customTrackName: TrackName.parse('front') }];

    const reply = await world.sfu.createSession('app-one', { sessionDescription: client.createOffer(), tracks });

    expect(reply.tracks).toMatchObject([
      { trackId: 'camera', mid: '0', customTrackName: 'front', status: 'pending' },
      { trackId: 'screen', mid: '1', customTrackName: '' },
    ]);
    expect(await world.sfu.listTracks('app-one', reply.sessionId)).toMatchObject([{ customTrackName: 'front' }, { customTrackName: '' }]);
  });

  it('says which of the named tracks could not be published, and is not made if none could', async () => {
    const world = new SfuUnderTest();
    const client = new ScriptedClient();
    client.addTransceiver('video', { direction: 'sendonly', trackId: 'camera', streamId: 's' });
    const item = (mid: string) => ({ trackId: TrackId.parse(`track-${mid}`), mid, customTrackName: TrackName.parse('front') });
    const create = (...mids: string[]) =>
      world.sfu.createSession('app-one', { sessionDescription: client.createOffer(), autoPublish: false, tracks: mids.map(item) });

    await expect(create('7')).rejects.toMatchObject({ code: 'track_not_found', tracks: [{ mid: '7' }] });
    expect(world.sfu.stats.sessions).toBe(0);
    expect((await create('0', '7')).tracks).toMatchObject([
      { mid: '0', status: 'pending' },
      { mid: '7', errorCode: 'track_not_found' },
    ]);
  });

  it.each(['', 'a/b', 'a'.repeat(65), '{app}'])('is not made for %j, which is no app id', async (appId) => {
    const world = new SfuUnderTest();
    const sessionDescription = new ScriptedClient().createOffer();

    await expect(world.sfu.createSession(appId, { sessionDescription })).rejects.toMatchObject({ code: 'invalid_params' });
    await expect(world.sfu.listSessions(appId)).rejects.toMatchObject({ code: 'invalid_params' });
  });
});
