import { APP } from '../doubles/sfu-under-test.ts';
import { watched } from '../doubles/watched.ts';

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

  it('pauses while the client does not want to receive, and resumes when it does', async () => {
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
    expect(world.eventsOf('subscription.ended')).toEqual([
      expect.objectContaining({ sessionId: viewer.id, remoteTrackId: 'camera', mid: 's0', reason: 'unsubscribed' }),
    ]);
  });

  it('ends once when the client unsubscribes and stops its transceiver in the same call', async () => {
    const { world, viewer } = await watched();
    viewer.client.at('s0').isStopped = true;

    await world.sfu.unsubscribe(APP, viewer.id, { tracks: [{ mid: 's0' }], sessionDescription: viewer.client.createOffer() });

    expect(world.eventsOf('subscription.ended')).toHaveLength(1);
  });

  it("fails when the client's offer lacks the codec of the track", async () => {
    const { world, viewer } = await watched();
    const sdp = viewer.client.createOffer().sdp.replace('VP8/90000', 'H265/90000');

    await world.sfu.renegotiate(APP, viewer.id, { sessionDescription: { type: 'offer', sdp } });

    expect(world.shard.subscriptionsOf(viewer.id)).toEqual([]);
    expect(world.eventsOf('subscription.failed')).toEqual([expect.objectContaining({ mid: 's0', errorCode: 'codec_mismatch' })]);
    const { subscriptions } = await world.sfu.describeSession(APP, viewer.id);
    expect(subscriptions).toEqual([expect.objectContaining({ mid: 's0', errorCode: 'codec_mismatch' })]);
  });

  it('fails when the client rejects its m-section in a later answer', async () => {
    const { world, publisher, viewer } = await watched();
    const { sessionDescription } = await viewer.subscribe({ ...publisher.track('camera'), duplicate: true });
    const answer = viewer.client.answerOffer(sessionDescription ?? { sdp: '' });
    const sdp = answer.sdp.replace('m=video 9', 'm=video 0').replace('a=group:BUNDLE s0 s1', 'a=group:BUNDLE s1');

    await world.sfu.renegotiate(APP, viewer.id, { sessionDescription: { type: 'answer', sdp } });

    expect(world.shard.subscriptionsOf(`${viewer.id}/t1`).map(({ mid }) => mid)).toEqual(['s1']);
    expect(world.eventsOf('subscription.failed')).toEqual([expect.objectContaining({ mid: 's0', errorCode: 'codec_mismatch' })]);
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
