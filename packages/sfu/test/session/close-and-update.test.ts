import { TrackId, TrackName } from '@causeway/protocol';
import { ScriptedClient } from '../doubles/scripted-client.ts';
import { APP, type Joined, SfuUnderTest } from '../doubles/sfu-under-test.ts';

async function watched(): Promise<{ world: SfuUnderTest; publisher: Joined; viewer: Joined }> {
  const world = new SfuUnderTest();
  const publisher = await world.joinPublisher();
  const viewer = await world.join(new ScriptedClient());
  await viewer.receive(publisher.track('camera'));
  return { world, publisher, viewer };
}

function sourceOf(publisher: Joined, remoteTrackId: string) {
  return { remoteSessionId: publisher.id, remoteTrackId };
}

describe('closing a track', () => {
  it('as the reference does: removed from the connection, offered, closed', async () => {
    const { world, publisher, viewer } = await watched();
    publisher.client.at('0').direction = 'inactive';

    const reply = await world.sfu.closeTracks(APP, publisher.id, {
      tracks: [{ trackId: 'camera' }],
      sessionDescription: publisher.client.createOffer(),
    });

    expect(reply).toMatchObject({ sessionId: publisher.id, success: true, sessionDescription: { type: 'answer' } });
    expect(reply.tracks).toEqual([{ trackId: 'camera', mid: '0', customTrackName: '', status: 'closed' }]);
    expect(await world.sfu.listTracks(APP, publisher.id)).toEqual([]);
    expect(world.shard.publicationsOf(publisher.id)).toEqual([]);
    expect(world.shard.subscriptionsOf(viewer.id)).toEqual([]);
  });

  it('whose section goes on sending is answered inactive, and is not published again by the next offer', async () => {
    const { world, publisher } = await watched();

    const reply = await world.sfu.closeTracks(APP, publisher.id, {
      tracks: [{ mid: '0' }],
      sessionDescription: publisher.client.createOffer(),
    });
    publisher.client.applyAnswer(reply.sessionDescription ?? { sdp: '' });
    const direction = publisher.client.lastRemote?.sections[0]?.direction;
    await publisher.offer();

    expect(direction).toBe('inactive');
    expect(publisher.client.lastRemote?.sections[0]?.direction).toBe('inactive');
    expect(world.shard.publicationsOf(publisher.id)).toEqual([]);
  });

  it('needs no SDP, and with force changes none', async () => {
    const { world, publisher } = await watched();
    const other = await world.joinPublisher('other');

    const plain = await world.sfu.closeTracks(APP, publisher.id, { tracks: [{ mid: '0' }] });
    const forced = await world.sfu.closeTracks(APP, other.id, {
      tracks: [{ trackId: 'other' }],
      force: true,
      sessionDescription: other.client.createOffer(),
    });

    expect([plain.sessionDescription, forced.sessionDescription]).toEqual([undefined, undefined]);
    expect(world.shard.publications.size).toBe(0);
  });

  it('that is closed already succeeds', async () => {
    const { world, publisher } = await watched();

    const reply = await world.sfu.closeTracks(APP, publisher.id, { tracks: [{ trackId: 'none' }, { mid: '0' }, { mid: '0' }] });

    expect(reply.success).toBe(true);
    expect(reply.tracks.map(({ status }) => status)).toEqual(['already_closed', 'closed', 'already_closed']);
  });

  it('and publishing it again on the same section makes a new publication under the same id', async () => {
    const { world, publisher, viewer } = await watched();
    await world.sfu.closeTracks(APP, publisher.id, { tracks: [{ trackId: 'camera' }] });

    await world.sfu.publish(APP, publisher.id, {
      tracks: [{ trackId: TrackId.parse('camera'), mid: '0' }],
      sessionDescription: publisher.client.createOffer(),
    });
    const reply = await viewer.receive(publisher.track('camera'));

    expect(reply.tracks[0]).toMatchObject({ mid: 's1', status: 'pending' });
    expect(viewer.client.at('s1').trackEvents).toBe(1);
  });

  it('by stopping its transceiver ends it too', async () => {
    const { world, publisher, viewer } = await watched();
    publisher.client.at('0').isStopped = true;

    await publisher.offer();

    expect(await world.sfu.listTracks(APP, publisher.id)).toEqual([]);
    expect(world.shard.subscriptionsOf(viewer.id)).toEqual([]);
  });

  it('is not what a change of direction does: a track on hold keeps its subscribers', async () => {
    const { world, publisher, viewer } = await watched();
    publisher.client.at('0').direction = 'inactive';
    await publisher.offer();
    const onHold = await world.sfu.listTracks(APP, publisher.id);
    publisher.client.at('0').direction = 'sendonly';

    await publisher.offer();

    expect(onHold).toHaveLength(1);
    expect(publisher.client.lastRemote?.sections[0]?.direction).toBe('recvonly');
    expect(world.shard.subscriptionsOf(viewer.id)[0]?.sourceTrackId).toBe(world.shard.publicationsOf(publisher.id)[0]?.trackId);
  });
});

describe('a subscription', () => {
  it('ends by mid or by track, and at once', async () => {
    const { world, publisher, viewer } = await watched();
    await viewer.receive({ ...publisher.track('camera'), duplicate: true });

    const byMid = await world.sfu.unsubscribe(APP, viewer.id, { tracks: [{ mid: 's0' }] });
    const byTrack = await world.sfu.unsubscribe(APP, viewer.id, { tracks: [publisher.track('camera')] });

    expect(byMid).toEqual({
      sessionId: viewer.id,
      success: true,
      tracks: [{ mid: 's0', remoteSessionId: publisher.id, remoteTrackId: 'camera', customTrackName: undefined }],
    });
    expect(byTrack.tracks.map(({ mid }) => mid)).toEqual(['s1']);
    expect(world.shard.subscriptionsOf(viewer.id)).toEqual([]);
  });

  it('that is not there cannot be ended', async () => {
    const { world, viewer } = await watched();

    await expect(world.sfu.unsubscribe(APP, viewer.id, { tracks: [{ mid: '9' }] })).rejects.toMatchObject({ code: 'track_not_found' });
    const some = await world.sfu.unsubscribe(APP, viewer.id, { tracks: [{ mid: '9' }, { mid: 's0' }] });

    expect(some.tracks.map(({ errorCode, mid }) => errorCode ?? mid)).toEqual(['track_not_found', 's0']);
  });

  it('pauses while the client does not want to receive, and goes on when it does', async () => {
    const { world, viewer } = await watched();
    const paused = () => world.shard.subscriptionsOf(viewer.id)[0]?.paused;
    viewer.client.at('s0').direction = 'inactive';
    await viewer.offer();
    const onHold = [paused(), viewer.client.lastRemote?.sections[0]?.direction];
    viewer.client.at('s0').direction = 'recvonly';

    await viewer.offer();

    expect(onHold).toEqual([true, 'inactive']);
    expect([paused(), viewer.client.lastRemote?.sections[0]?.direction]).toEqual([false, 'sendonly']);
  });

  it('ends when the client stops its transceiver', async () => {
    const { world, viewer } = await watched();
    viewer.client.at('s0').isStopped = true;

    await viewer.offer();

    expect(world.shard.subscriptionsOf(viewer.id)).toEqual([]);
    expect(viewer.client.lastRemote?.sections[0]?.port).toBe(0);
  });

  it('is described with its source and state', async () => {
    const { world, publisher, viewer } = await watched();

    const details = await world.sfu.describeSession(APP, viewer.id);

    expect(details).toMatchObject({ sessionId: viewer.id, createdAt: '2026-01-01T00:00:00.000Z', tracks: [] });
    expect(details.subscriptions).toEqual([
      {
        mid: 's0',
        trackKind: 'video',
        remoteSessionId: publisher.id,
        remoteTrackId: 'camera',
        customTrackName: '',
        status: 'active',
        paused: false,
      },
    ]);
  });
});

describe('track/update', () => {
  it('switches the source on a mid under the same SSRC, without SDP', async () => {
    const { world, viewer } = await watched();
    const other = await world.joinPublisher('screen');
    const [before] = world.shard.subscriptionsOf(viewer.id);

    const reply = await world.sfu.updateTracks(APP, viewer.id, { tracks: [{ mid: 's0', ...sourceOf(other, 'screen') }] });

    expect(reply).toEqual({
      immediateRenegotiationRequired: false,
      sessionId: viewer.id,
      tracks: [
        { remoteSessionId: other.id, remoteTrackId: 'screen', customTrackName: undefined, mid: 's0', trackKind: 'video', status: 'active' },
      ],
    });
    const [after] = world.shard.subscriptionsOf(viewer.id);
    expect(after).toMatchObject({
      subscriptionId: before?.subscriptionId,
      ssrc: before?.ssrc,
      sourceTrackId: world.shard.publicationsOf(other.id)[0]?.trackId,
    });
  });

  it('keeps the stream name that the browser knows the m-section by', async () => {
    const { world, publisher, viewer } = await watched();
    const other = await world.joinPublisher('screen');
    await world.sfu.updateTracks(APP, viewer.id, { tracks: [{ mid: 's0', ...sourceOf(other, 'screen') }] });

    await viewer.offer();

    expect(viewer.client.lastRemote?.sections[0]?.msids).toEqual([{ streamId: publisher.id, trackId: 'camera' }]);
  });

  it('pauses, goes on, and chooses a layer', async () => {
    const world = new SfuUnderTest();
    const source = new ScriptedClient();
    source.addTransceiver('video', { direction: 'sendonly', trackId: 'camera', streamId: 's', rids: ['q', 'f'] });
    const publisher = await world.join(source);
    const viewer = await world.join(new ScriptedClient());
    await viewer.receive(publisher.track('camera'));
    const seen = [];

    for (const change of [{ paused: true }, { quality: 'q' }, { paused: false }, { quality: 'auto' }]) {
      await world.sfu.updateTracks(APP, viewer.id, { tracks: [{ mid: 's0', ...change }] });
      const [plan] = world.shard.subscriptionsOf(viewer.id);
      seen.push([plan?.paused, plan?.preferredRid]);
    }

    expect(seen).toEqual([
      [true, undefined],
      [true, 'q'],
      [false, 'q'],
      [false, undefined],
    ]);
  });

  it('refuses a source of another codec, an unknown one, an unknown layer, and a mid that receives nothing', async () => {
    const { world, viewer, publisher } = await watched();
    const other = await world.joinPublisher('screen', ['pcmu', 'h264']);
    const vp8Only = await world.joinPublisher('plain', ['vp8']);
    await viewer.receive(vp8Only.track('plain'));
    const update = (item: Parameters<SfuUnderTest['sfu']['updateTracks']>[2]['tracks'][number]) =>
      world.sfu.updateTracks(APP, viewer.id, { tracks: [item] });

    await expect(update({ mid: 's1', ...sourceOf(other, 'screen') })).rejects.toMatchObject({ code: 'codec_mismatch' });
    await expect(update({ mid: 's0', ...sourceOf(publisher, 'none') })).rejects.toMatchObject({ code: 'track_not_found' });
    await expect(update({ mid: 's9', paused: true })).rejects.toMatchObject({ code: 'track_not_found' });
    await expect(update({ mid: 's0', simulcast: { preferredRid: 'x', ridNotAvailable: 'none' } })).rejects.toMatchObject({
      code: 'rid_not_available',
    });
  });
});

describe('a subscription by name', () => {
  async function named(): Promise<{ world: SfuUnderTest; publisher: Joined; viewer: Joined }> {
    const world = new SfuUnderTest();
    const publisher = await world.join(new ScriptedClient());
    await publishAs(world, publisher, 'camera-1', 'main');
    const viewer = await world.join(new ScriptedClient());
    await viewer.receive({ remoteSessionId: publisher.id, customTrackName: 'main' });
    return { world, publisher, viewer };
  }

  async function publishAs(
    world: SfuUnderTest,
    publisher: Joined,
    trackId: string,
    name: string,
    options: { codecs?: readonly string[]; replace?: boolean } = {},
  ): Promise<void> {
    const { codecs = ['vp8'], replace = false } = options;
    const { mid } = publisher.client.addTransceiver('video', { direction: 'sendonly', trackId, streamId: 's', codecs });
    const tracks = [{ trackId: TrackId.parse(trackId), mid, customTrackName: TrackName.parse(name), replace }];
    const reply = await world.sfu.publish(APP, publisher.id, { tracks, sessionDescription: publisher.client.createOffer() });
    publisher.client.applyAnswer(reply.sessionDescription);
  }

  it('follows the name from a closed track to the next, on the same mid and without SDP', async () => {
    const { world, publisher, viewer } = await named();
    const source = () => world.shard.subscriptionsOf(viewer.id).map(({ sourceTrackId, mid }) => [mid, sourceTrackId]);
    await world.sfu.closeTracks(APP, publisher.id, { tracks: [{ trackId: 'camera-1' }] });
    const between = source();

    await publishAs(world, publisher, 'camera-2', 'main');

    expect(between).toEqual([['s0', undefined]]);
    expect(source()).toEqual([['s0', world.shard.publicationsOf(publisher.id)[0]?.trackId]]);
    const { subscriptions } = await world.sfu.describeSession(APP, viewer.id);
    expect(subscriptions).toEqual([
      expect.objectContaining({ mid: 's0', customTrackName: 'main', remoteTrackId: 'camera-2', status: 'pending' }),
    ]);
  });

  it('follows a name that another track takes over', async () => {
    const { world, publisher, viewer } = await named();

    await publishAs(world, publisher, 'camera-2', 'main', { replace: true });

    const newest = world.shard.publicationsOf(publisher.id)[1];
    expect(world.shard.subscriptionsOf(viewer.id)[0]?.sourceTrackId).toBe(newest?.trackId);
  });

  it('ends if the new track needs another codec', async () => {
    const { world, publisher, viewer } = await named();

    await publishAs(world, publisher, 'camera-2', 'main', { codecs: ['h264'], replace: true });

    expect(world.shard.subscriptionsOf(viewer.id)).toEqual([]);
    const { subscriptions } = await world.sfu.describeSession(APP, viewer.id);
    expect(subscriptions).toEqual([expect.objectContaining({ mid: 's0', errorCode: 'codec_mismatch' })]);
  });

  it('ends with the session of its publisher', async () => {
    const { world, publisher, viewer } = await named();

    await world.sfu.deleteSession(APP, publisher.id);

    expect(world.shard.subscriptionsOf(viewer.id)).toEqual([]);
  });
});

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
