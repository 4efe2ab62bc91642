import { ScriptedClient } from '@causeway/testkit/mesh';
import { APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';
import { cameraOf, scene } from '../doubles/viewing-scene.ts';

describe('an offer of the SFU', () => {
  it('that is not answered within 10 s is withdrawn with its subscriptions', async () => {
    const set = await scene();
    await set.viewer.subscribe(cameraOf(set, 0));

    await set.world.clock.advance(10_000);

    expect(set.world.eventsOf('subscription.failed')).toEqual([
      expect.objectContaining({ sessionId: set.viewer.id, mid: 's0', remoteTrackId: 'camera-0', errorCode: 'negotiation_timeout' }),
    ]);
    const { subscriptions } = await set.world.sfu.describeSession(APP, set.viewer.id);
    expect(subscriptions).toEqual([expect.objectContaining({ mid: 's0', errorCode: 'negotiation_timeout' })]);
    expect(set.world.shard.subscriptionsOf(set.viewer.id)).toEqual([]);
  });

  it('that was withdrawn accepts no late answer', async () => {
    const set = await scene();
    const offer = await set.viewer.subscribe(cameraOf(set, 0));
    await set.world.clock.advance(10_000);

    await expect(set.viewer.answer(offer)).rejects.toMatchObject({ code: 'stale_answer' });
  });

  it('that was withdrawn keeps its m-sections, for the client may have applied it', async () => {
    const set = await scene();
    const lost = await set.viewer.subscribe(cameraOf(set, 0), cameraOf(set, 1));
    if (lost.sessionDescription !== undefined) set.viewer.client.answerOffer(lost.sessionDescription);
    await set.world.clock.advance(10_000);

    const reply = await set.viewer.receive(cameraOf(set, 2));

    expect(reply.tracks[0]?.mid).toBe('s0');
    expect(set.viewer.client.transceivers).toHaveLength(2);
    expect((await set.world.sfu.describeSession(APP, set.viewer.id)).subscriptions).toEqual([
      expect.objectContaining({ mid: 's0', status: 'active' }),
      expect.objectContaining({ mid: 's1', errorCode: 'negotiation_timeout' }),
    ]);
  });

  it('that never reached the client leaves no m-section in its way', async () => {
    const set = await scene();
    const { client } = set.viewer;
    await set.viewer.subscribe(cameraOf(set, 0));
    await set.world.clock.advance(10_000);
    client.addTransceiver('video', { direction: 'recvonly' });

    await set.viewer.offer();
    const reply = await set.viewer.receive(cameraOf(set, 1));

    expect(reply.tracks[0]?.mid).toBe('0');
    expect(client.transceivers).toHaveLength(1);
  });

  it('a late answer to a withdrawn offer does not count as an answer to the next', async () => {
    const set = await scene();
    const first = await set.viewer.subscribe(cameraOf(set, 0));
    const other = new ScriptedClient();
    await set.world.clock.advance(10_000);
    await set.viewer.subscribe(cameraOf(set, 0), cameraOf(set, 1));
    if (first.sessionDescription === undefined) throw new Error('the first subscribe makes an offer');
    const late = other.answerOffer(first.sessionDescription);

    await expect(set.world.sfu.renegotiate(APP, set.viewer.id, { sessionDescription: late })).rejects.toMatchObject({
      code: 'stale_answer',
    });
  });

  it('takes the same answer twice, though browsers count up its o-line', async () => {
    const set = await scene();
    const { sessionDescription } = await set.viewer.subscribe(cameraOf(set, 0));
    if (sessionDescription === undefined) throw new Error('a subscribe makes an offer');
    const once = set.viewer.client.answerOffer(sessionDescription);
    const twice = set.viewer.client.answerOffer(sessionDescription);
    await set.world.sfu.renegotiate(APP, set.viewer.id, { sessionDescription: once });

    const reply = await set.world.sfu.renegotiate(APP, set.viewer.id, { sessionDescription: twice });

    expect(once.sdp).not.toBe(twice.sdp);
    expect(reply).toEqual({ sessionId: set.viewer.id, success: true });
  });

  it('an answer to no offer, or another answer to one that is answered, is refused', async () => {
    const set = await scene();
    const { sessionDescription } = await set.viewer.subscribe(cameraOf(set, 0));
    if (sessionDescription === undefined) throw new Error('a subscribe makes an offer');
    const answer = set.viewer.client.answerOffer(sessionDescription);
    const refused = { code: 'no_pending_offer' };

    await expect(set.world.sfu.renegotiate(APP, set.publishers[0]?.id ?? '', { sessionDescription: answer })).rejects.toMatchObject(
      refused,
    );
    await set.world.sfu.renegotiate(APP, set.viewer.id, { sessionDescription: answer });
    const other = { type: 'answer' as const, sdp: answer.sdp.replace('a=recvonly', 'a=inactive') };

    await expect(set.world.sfu.renegotiate(APP, set.viewer.id, { sessionDescription: other })).rejects.toMatchObject(refused);
  });

  it('that gets an unusable answer stays open for a better one', async () => {
    const set = await scene();
    const { sessionDescription } = await set.viewer.subscribe(cameraOf(set, 0));
    if (sessionDescription === undefined) throw new Error('a subscribe makes an offer');
    const answer = set.viewer.client.answerOffer(sessionDescription);
    const broken = { type: 'answer' as const, sdp: answer.sdp.slice(0, answer.sdp.indexOf('m=')) };

    await expect(set.world.sfu.renegotiate(APP, set.viewer.id, { sessionDescription: broken })).rejects.toMatchObject({
      code: 'invalid_session_description',
      message: 'the answer has 0 m-sections; the offer has 1',
    });
    await set.world.sfu.renegotiate(APP, set.viewer.id, { sessionDescription: answer });

    expect(set.world.shard.subscriptionsOf(set.viewer.id)).toHaveLength(1);
  });

  it('whose track the client cannot decode ends that subscription and no other', async () => {
    const world = new SfuUnderTest();
    const plain = await world.joinPublisher('plain', ['vp8']);
    const rare = await world.joinPublisher('rare', ['h264']);
    const viewer = await world.join(new ScriptedClient(['vp8', 'opus']));

    await viewer.receive(plain.track('plain'), rare.track('rare'));

    expect(world.shard.subscriptionsOf(viewer.id).map(({ mid }) => mid)).toEqual(['s0']);
    const { subscriptions } = await world.sfu.describeSession(APP, viewer.id);
    expect(subscriptions[1]).toMatchObject({ mid: 's1', errorCode: 'codec_mismatch', errorDescription: 'the answer rejects m-section s1' });
  });

  it('may be answered with a rejected m-section that has an m-line and nothing else, and so may later offers of the client', async () => {
    const world = new SfuUnderTest();
    const plain = await world.joinPublisher('plain', ['vp8']);
    const rare = await world.joinPublisher('rare', ['h264']);
    const viewer = await world.join(new ScriptedClient(['vp8', 'opus']));
    const { sessionDescription } = await viewer.subscribe(rare.track('rare'), plain.track('plain'));
    const { sdp } = viewer.client.answerOffer(sessionDescription ?? { sdp: '' });
    const bareOffer = viewer.client
      .createOffer()
      .sdp.replace(/(m=video )9( .*\r\n)(?:a=.*\r\n|c=.*\r\n|b=.*\r\n)*/, '$10$2')
      .replace('BUNDLE s0 s1', 'BUNDLE s1');

    await world.sfu.renegotiate(APP, viewer.id, { sessionDescription: { type: 'answer', sdp: sdp.replace('a=mid:s0\r\n', '') } });
    const answered = await world.sfu.renegotiate(APP, viewer.id, { sessionDescription: { type: 'offer', sdp: bareOffer } });

    expect(bareOffer).not.toContain('a=mid:s0');
    expect(answered.sessionDescription?.sdp).toContain('a=mid:s0');
    expect(world.shard.subscriptionsOf(viewer.id).map(({ mid }) => mid)).toEqual(['s1']);
    expect(world.eventsOf('subscription.failed')).toEqual([expect.objectContaining({ mid: 's0', errorCode: 'codec_mismatch' })]);
  });
});
