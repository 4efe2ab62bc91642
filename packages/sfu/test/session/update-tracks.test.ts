import { ScriptedClient } from '@causeway/testkit/mesh';
import { APP, type Joined, SfuUnderTest } from '../doubles/sfu-under-test.ts';
import { watched } from '../doubles/watched.ts';

function sourceOf(publisher: Joined, remoteTrackId: string) {
  return { remoteSessionId: publisher.id, remoteTrackId };
}

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

  it('pauses, resumes, and chooses a layer', async () => {
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

  it('names in failed items what was asked for, or else what comes on that mid, and never an empty session', async () => {
    const { world, publisher, viewer } = await watched();

    const { tracks } = await world.sfu.updateTracks(APP, viewer.id, {
      tracks: [
        { mid: 's0', paused: true },
        { mid: 's9', paused: true },
        { mid: 's0', simulcast: { preferredRid: 'x', ridNotAvailable: 'none' } },
      ],
    });

    const camera = { remoteSessionId: publisher.id, remoteTrackId: 'camera' };
    expect(tracks.map(({ errorCode }) => errorCode)).toEqual([undefined, 'track_not_found', 'rid_not_available']);
    expect(tracks.map(({ remoteSessionId, remoteTrackId }) => ({ remoteSessionId, remoteTrackId }))).toEqual([
      camera,
      { remoteSessionId: undefined, remoteTrackId: undefined },
      camera,
    ]);
  });
});
