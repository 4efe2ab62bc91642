import { type PublishItem, TrackId, TrackName } from '@causeway/protocol';
import { capturedOffer } from '@causeway/testkit/captured-offers';
import { ScriptedClient, type TransceiverOptions } from '@causeway/testkit/mesh';
import { APP, type Joined, SfuUnderTest } from '../doubles/sfu-under-test.ts';

function item(mid: string, trackId: string, changes: { customTrackName?: string; replace?: boolean } = {}): PublishItem {
  const { customTrackName, replace } = changes;
  return {
    mid,
    trackId: TrackId.parse(trackId),
    ...(customTrackName !== undefined && { customTrackName: TrackName.parse(customTrackName) }),
    ...(replace !== undefined && { replace }),
  };
}

async function joined(): Promise<{ world: SfuUnderTest; publisher: Joined }> {
  const world = new SfuUnderTest();
  const publisher = await world.join(new ScriptedClient());
  return { world, publisher };
}

function addSending(publisher: Joined, trackId: string, options: TransceiverOptions = {}) {
  return publisher.client.addTransceiver('video', { direction: 'sendonly', trackId, streamId: 's', ...options });
}

async function publishAll(world: SfuUnderTest, publisher: Joined, tracks: PublishItem[], changes: { autoDiscover?: boolean } = {}) {
  const reply = await world.sfu.publish(APP, publisher.id, { tracks, sessionDescription: publisher.client.createOffer(), ...changes });
  publisher.client.applyAnswer(reply.sessionDescription);
  return reply;
}

describe('publishing', () => {
  it('names a track and receives it', async () => {
    const { world, publisher } = await joined();
    addSending(publisher, 'camera');

    const reply = await publishAll(world, publisher, [item('0', 'camera', { customTrackName: 'front' })]);

    expect(reply.tracks).toEqual([{ trackId: 'camera', mid: '0', customTrackName: 'front', trackKind: 'video', status: 'pending' }]);
    expect(reply.warnings).toBeUndefined();
    expect(publisher.client.lastRemote?.sections[0]?.direction).toBe('recvonly');
    expect(world.shard.publicationsOf(publisher.id)).toEqual([
      expect.objectContaining({ mid: '0', kind: 'video', transportWideCc: true, rids: [], ssrcs: [{ ssrc: 1000, rtxSsrc: 1001 }] }),
    ]);
    expect(await world.sfu.listTracks(APP, publisher.id)).toEqual([
      expect.objectContaining({ trackId: 'camera', customTrackName: 'front' }),
    ]);
  });

  it('answers sections that are not named inactive, and says so', async () => {
    const { world, publisher } = await joined();
    addSending(publisher, 'camera');
    addSending(publisher, 'screen');

    const reply = await publishAll(world, publisher, [item('0', 'camera')]);

    expect(reply.warnings).toEqual(['m-section 1 sends but is not named in tracks; it was answered inactive']);
    expect(publisher.client.lastRemote?.sections.map(({ direction }) => direction)).toEqual(['recvonly', 'inactive']);
    expect(world.shard.publications.size).toBe(1);
  });

  it('with autoDiscover publishes every sending section', async () => {
    const { world, publisher } = await joined();
    addSending(publisher, 'camera');
    addSending(publisher, 'screen');

    const reply = await publishAll(world, publisher, [item('0', 'camera', { customTrackName: 'front' })], { autoDiscover: true });

    expect(reply.tracks.map(({ trackId, customTrackName }) => [trackId, customTrackName])).toEqual([
      ['camera', 'front'],
      ['screen', ''],
    ]);
    expect(reply.warnings).toBeUndefined();
  });

  it('a track that session/new published by itself names it, and keeps its subscribers', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher('msid');
    const viewer = await world.join(new ScriptedClient());
    await viewer.receive(publisher.track('msid'));

    const reply = await publishAll(world, publisher, [item('0', 'sender-track', { customTrackName: 'front' })]);

    expect(reply.tracks[0]).toMatchObject({ trackId: 'sender-track', customTrackName: 'front', status: 'active' });
    expect(world.shard.log.filter((verb) => verb.startsWith('remove-publisher-track'))).toEqual([]);
    expect(world.shard.subscriptionsOf(viewer.id)[0]?.sourceTrackId).toBe(world.shard.publicationsOf(publisher.id)[0]?.trackId);
  });

  it('twice is the same publication; the second call may leave the name out', async () => {
    const { world, publisher } = await joined();
    addSending(publisher, 'camera');
    await publishAll(world, publisher, [item('0', 'camera', { customTrackName: 'front' })]);

    const again = await publishAll(world, publisher, [item('0', 'camera')]);

    expect(again.tracks[0]?.customTrackName).toBe('front');
    expect(world.shard.publications.size).toBe(1);
  });

  it('one MediaStreamTrack on two sections gives the second a suffix', async () => {
    const { world, publisher } = await joined();
    addSending(publisher, 'camera');
    addSending(publisher, 'camera');

    const reply = await publishAll(world, publisher, [item('0', 'camera'), item('1', 'camera')]);

    expect(reply.tracks.map(({ trackId }) => trackId)).toEqual(['camera', 'camera#1']);
  });

  it('finds the section by the track if the mid is not in the offer', async () => {
    const { world, publisher } = await joined();
    addSending(publisher, 'camera');

    const reply = await publishAll(world, publisher, [item('7', 'camera')]);

    expect(reply.tracks[0]).toMatchObject({ mid: '0', status: 'pending' });
  });

  it('reports each track that failed and publishes the others', async () => {
    const { world, publisher } = await joined();
    addSending(publisher, 'camera');
    addSending(publisher, 'screen', { direction: 'recvonly' });
    addSending(publisher, 'other', { codecs: [] });

    const reply = await publishAll(world, publisher, [item('0', 'camera'), item('1', 'screen'), item('9', 'none'), item('2', 'other')]);

    expect(reply.tracks.map(({ mid, errorCode, status }) => [mid, errorCode ?? status])).toEqual([
      ['0', 'pending'],
      ['1', 'invalid_params'],
      ['9', 'track_not_found'],
      ['2', 'codec_mismatch'],
    ]);
    expect(reply.warnings).toEqual(['m-section 2 was rejected: nothing in it is supported']);
  });

  it('applies nothing when every track fails', async () => {
    const { world, publisher } = await joined();
    addSending(publisher, 'camera');
    const before = world.shard.log.length;
    const sessionDescription = publisher.client.createOffer();

    await expect(world.sfu.publish(APP, publisher.id, { tracks: [item('9', 'none')], sessionDescription })).rejects.toMatchObject({
      code: 'track_not_found',
      tracks: [{ mid: '9', errorCode: 'track_not_found' }],
    });

    expect(world.shard.log).toHaveLength(before);
    expect(await world.sfu.listTracks(APP, publisher.id)).toEqual([]);
  });

  it('reports once why a track named in the call failed', async () => {
    const { world, publisher } = await joined();
    addSending(publisher, 'camera');
    addSending(publisher, 'screen');
    const tracks = [item('0', 'camera', { customTrackName: 'main' }), item('1', 'screen', { customTrackName: 'main' })];

    const reply = await publishAll(world, publisher, tracks);

    expect(reply.tracks.map(({ errorCode }) => errorCode)).toEqual([undefined, 'track_name_conflict']);
    expect(reply.warnings).toBeUndefined();
  });

  it('under a name that is taken fails, unless it replaces the holder', async () => {
    const { world, publisher } = await joined();
    addSending(publisher, 'camera');
    addSending(publisher, 'screen');
    await publishAll(world, publisher, [item('0', 'camera', { customTrackName: 'main' }), item('1', 'screen')]);

    await expect(publishAll(world, publisher, [item('1', 'screen', { customTrackName: 'main' })])).rejects.toMatchObject({
      code: 'track_name_conflict',
    });
    const replaced = await publishAll(world, publisher, [item('1', 'screen', { customTrackName: 'main', replace: true })]);

    expect(replaced.tracks[0]?.customTrackName).toBe('main');
    const names = (await world.sfu.listTracks(APP, publisher.id)).map(({ trackId, customTrackName }) => [trackId, customTrackName]);
    expect(names).toEqual([
      ['camera', ''],
      ['screen', 'main'],
    ]);
  });

  it('passes simulcast layers to the engine and keeps asking for them in later offers of the SFU', async () => {
    const { world, publisher } = await joined();
    addSending(publisher, 'camera', { rids: ['q', 'h', 'f'] });
    await publishAll(world, publisher, [item('0', 'camera')]);
    const other = await world.joinPublisher('other');

    await publisher.receive(other.track('other'));

    expect(world.shard.publicationsOf(publisher.id)[0]).toMatchObject({ rids: ['q', 'h', 'f'], ssrcs: [] });
    const section = publisher.client.lastRemote?.sections[0];
    expect(section?.simulcast).toEqual({ send: [], recv: ['q', 'h', 'f'] });
    expect(section?.rids.map(({ id, direction }) => `${id} ${direction}`)).toEqual(['q recv', 'h recv', 'f recv']);
    expect((await world.sfu.listTracks(APP, publisher.id))[0]?.rids).toEqual(['q', 'h', 'f']);
  });

  it("takes Firefox's ids with their braces, and its simulcast by rid alone", async () => {
    const world = new SfuUnderTest();
    const sdp = capturedOffer('firefox-simulcast-publisher');

    const { tracks, sessionId } = await world.sfu.createSession(APP, { sessionDescription: { type: 'offer', sdp } });

    expect(tracks?.map(({ trackId }) => trackId)).toEqual([
      '{44890b9d-e036-44e8-b848-98649dc3be96}',
      '{243caa42-e5a9-40e1-b626-b5b71bcf1bcc}',
    ]);
    expect(world.shard.publicationsOf(sessionId)[1]).toMatchObject({ rids: ['q', 'h', 'f'], ssrcs: [] });
  });

  it("takes GStreamer's ids from its ssrc lines", async () => {
    const world = new SfuUnderTest();
    const sdp = capturedOffer('gstreamer-audio-video-publisher');

    const { tracks } = await world.sfu.createSession(APP, { sessionDescription: { type: 'offer', sdp } });

    expect(tracks?.map(({ trackId }) => trackId)).toEqual(['webrtctransceiver0', 'webrtctransceiver1']);
  });

  it('makes up an id for a track that has none', async () => {
    const world = new SfuUnderTest();
    const sdp = capturedOffer('chromium-quick-start-publisher')
      .split('\r\n')
      .filter((line) => !line.includes('msid:'))
      .join('\r\n');

    const { tracks } = await world.sfu.createSession(APP, { sessionDescription: { type: 'offer', sdp } });

    expect(tracks?.[0]?.trackId).toMatch(/^trk-0-[0-9a-f]{8}$/);
  });
});

describe('the status of a track', () => {
  it('is pending, active with the first packet, inactive in silence, and active again', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    const [publication] = world.shard.publicationsOf(publisher.id);
    const status = async () => (await world.sfu.listTracks(APP, publisher.id))[0]?.status;
    const seen = [publisher.reply.tracks?.[0]?.status, await status()];

    for (const activity of ['inactive', 'active'] as const) {
      world.shard.listener({ type: 'track-activity', trackId: publication?.trackId ?? '', activity });
      seen.push(await status());
    }

    expect(seen).toEqual(['pending', 'active', 'inactive', 'active']);
  });

  it('orders the listing: active first, then silent, then pending, each by m-section', async () => {
    const { world, publisher } = await joined();
    for (const trackId of ['a', 'b', 'c', 'd']) addSending(publisher, trackId);
    await publishAll(world, publisher, [], { autoDiscover: true });
    const [, b, c] = world.shard.publicationsOf(publisher.id);
    world.shard.listener({ type: 'track-activity', trackId: c?.trackId ?? '', activity: 'active' });
    world.shard.listener({ type: 'track-activity', trackId: b?.trackId ?? '', activity: 'inactive' });

    const tracks = await world.sfu.listTracks(APP, publisher.id);

    expect(tracks.map(({ trackId }) => trackId)).toEqual(['c', 'b', 'a', 'd']);
  });

  it('hides a track that published itself and stays silent for 10 s after the session connected, until its first packet', async () => {
    const world = new SfuUnderTest();
    const client = new ScriptedClient();
    client.addTransceiver('video', { trackId: 'ghost' });
    const { id } = await world.join(client);
    await world.clock.advance(60_000);
    world.shard.connect(id);
    const listed = async () => (await world.sfu.listTracks(APP, id)).map(({ trackId }) => trackId);

    await world.clock.advance(9_999);
    const before = await listed();
    await world.clock.advance(1);
    const hidden = await listed();
    const viewer = await world.join(new ScriptedClient());
    await viewer.receive({ remoteSessionId: id, remoteTrackId: 'ghost' });
    world.shard.listener({ type: 'track-activity', trackId: world.shard.publicationsOf(id)[0]?.trackId ?? '', activity: 'active' });

    expect([before, hidden, await listed()]).toEqual([['ghost'], [], ['ghost']]);
  });

  it('never hides a track that a call has named', async () => {
    const { world, publisher } = await joined();
    addSending(publisher, 'camera');
    await publishAll(world, publisher, [item('0', 'camera')]);
    world.shard.connect(publisher.id);

    await world.clock.advance(60_000);

    expect(await world.sfu.listTracks(APP, publisher.id)).toHaveLength(1);
  });

  it('watches tracks that are discovered later as long', async () => {
    const { world, publisher } = await joined();
    world.shard.transports.has(publisher.id);
    addSending(publisher, 'first');
    await publishAll(world, publisher, [item('0', 'first')]);
    world.shard.connect(publisher.id);
    await world.clock.advance(8_000);
    addSending(publisher, 'late');
    await publishAll(world, publisher, [], { autoDiscover: true });

    await world.clock.advance(9_999);
    const before = await world.sfu.listTracks(APP, publisher.id);
    await world.clock.advance(1);

    expect(before.map(({ trackId }) => trackId)).toEqual(['first', 'late']);
    expect((await world.sfu.listTracks(APP, publisher.id)).map(({ trackId }) => trackId)).toEqual(['first']);
  });
});
