import { TrackId } from '@causeway/protocol';
import { ScriptedClient } from '../doubles/scripted-client.ts';
import { APP, type Joined, SfuUnderTest } from '../doubles/sfu-under-test.ts';

interface Scene {
  readonly world: SfuUnderTest;
  readonly viewer: Joined;
  readonly publishers: readonly Joined[];
}

async function scene(publisherCount = 3): Promise<Scene> {
  const world = new SfuUnderTest();
  const publishers = [];
  for (let number = 0; number < publisherCount; number++) publishers.push(await world.joinPublisher(`camera-${number}`));
  const viewer = await world.join(new ScriptedClient());
  return { world, viewer, publishers };
}

function cameraOf({ publishers }: Scene, number: number) {
  const publisher = publishers[number];
  if (publisher === undefined) throw new Error(`there is no publisher ${number}`);
  return publisher.track(`camera-${number}`);
}

describe('calls that cross', () => {
  it('ten subscribes at once need two offers, and each of them is answered once', async () => {
    const set = await scene(10);
    const offers: string[] = [];

    // As a page would: each call answers the offer it is given, and only then.
    await Promise.all(
      set.publishers.map(async (_publisher, number) => {
        const reply = await set.viewer.subscribe(cameraOf(set, number));
        if (reply.sessionDescription !== undefined) offers.push(reply.sessionDescription.sdp);
        expect(reply.immediateRenegotiationRequired).toBe(reply.sessionDescription !== undefined);
        await set.viewer.answer(reply);
      }),
    );

    expect(offers).toHaveLength(2);
    expect(set.world.shard.subscriptionsOf(set.viewer.id)).toHaveLength(10);
    expect(set.viewer.client.transceivers.map(({ trackEvents }) => trackEvents)).toEqual(Array(10).fill(1));
  });

  it('of calls that come while an offer is open one waits for the next; the others learn their mids at once', async () => {
    const set = await scene(5);
    const first = await set.viewer.subscribe(cameraOf(set, 0));
    const carrier = set.viewer.subscribe(cameraOf(set, 1));
    const others = await Promise.all([2, 3, 4].map((number) => set.viewer.subscribe(cameraOf(set, number))));
    const again = await set.viewer.subscribe(cameraOf(set, 3));

    await set.viewer.answer(first);
    await set.viewer.answer(await carrier);

    expect(others.map(({ immediateRenegotiationRequired, tracks }) => [immediateRenegotiationRequired, tracks[0]?.mid])).toEqual([
      [false, 's2'],
      [false, 's3'],
      [false, 's4'],
    ]);
    expect(again.tracks[0]).toMatchObject({ mid: 's3', alreadySubscribed: true });
    const plans = set.world.shard.subscriptionsOf(set.viewer.id);
    expect(plans.map(({ mid }) => mid)).toEqual(['s0', 's1', 's2', 's3', 's4']);
  });

  it('what is queued can be unsubscribed before it was ever offered', async () => {
    const set = await scene(3);
    const first = await set.viewer.subscribe(cameraOf(set, 0));
    const carrier = set.viewer.subscribe(cameraOf(set, 1));
    await set.viewer.subscribe(cameraOf(set, 2));
    await set.world.sfu.unsubscribe(APP, set.viewer.id, { tracks: [{ mid: 's2' }] });

    await set.viewer.answer(first);
    await set.viewer.answer(await carrier);

    expect(set.world.shard.subscriptionsOf(set.viewer.id).map(({ mid }) => mid)).toEqual(['s0', 's1']);
  });

  it('what is queued ends when nobody is left to carry its offer', async () => {
    const set = await scene(3);
    const first = await set.viewer.subscribe(cameraOf(set, 0));
    const carrier = expect(set.viewer.subscribe(cameraOf(set, 1))).rejects.toMatchObject({ code: 'negotiation_in_progress' });
    await set.viewer.subscribe(cameraOf(set, 2));
    await set.world.clock.advance(5_000);
    await carrier;

    await set.viewer.answer(first);

    const { subscriptions } = await set.world.sfu.describeSession(APP, set.viewer.id);
    expect(subscriptions.map(({ mid, errorCode }) => [mid, errorCode])).toEqual([
      ['s0', undefined],
      ['s2', 'negotiation_in_progress'],
    ]);
    expect((await set.viewer.receive(cameraOf(set, 1))).tracks[0]?.status).toBe('active');
  });

  it('what is queued goes into the next offer when the present one is withdrawn', async () => {
    const set = await scene(3);
    await set.viewer.subscribe(cameraOf(set, 0));
    await set.world.clock.advance(6_000);
    const carrier = set.viewer.subscribe(cameraOf(set, 1));
    await set.world.clock.advance(4_000);

    await set.viewer.answer(await carrier);

    expect(set.viewer.client.transceivers.map(({ mid, trackEvents }) => [mid, trackEvents])).toEqual([
      ['s0', 0],
      ['s1', 1],
    ]);
  });

  it('a subscribe is held while an offer is open, and runs with its answer', async () => {
    const set = await scene();
    const first = await set.viewer.subscribe(cameraOf(set, 0));
    const held = set.viewer.subscribe(cameraOf(set, 1));
    await set.world.clock.advance(4_999);

    await set.viewer.answer(first);

    expect((await held).tracks[0]).toMatchObject({ mid: 's1' });
  });

  it('a held subscribe gives up after 5 s', async () => {
    const set = await scene();
    await set.viewer.subscribe(cameraOf(set, 0));
    const held = expect(set.viewer.subscribe(cameraOf(set, 1))).rejects.toMatchObject({ code: 'negotiation_in_progress' });

    await set.world.clock.advance(5_000);

    await held;
  });

  it('of calls held together, one that fails does not spoil the others', async () => {
    const set = await scene();
    const first = await set.viewer.subscribe(cameraOf(set, 0));
    const failing = expect(set.viewer.subscribe({ remoteSessionId: 'session-101-none', remoteTrackId: 'x' })).rejects.toMatchObject({
      code: 'session_not_found',
    });
    const held = set.viewer.subscribe(cameraOf(set, 1));
    await set.world.clock.advance(0);

    await set.viewer.answer(first);

    await failing;
    expect((await held).immediateRenegotiationRequired).toBe(true);
  });

  it('a track that ends while its subscribe is held is not found', async () => {
    const set = await scene();
    const first = await set.viewer.subscribe(cameraOf(set, 0));
    const held = expect(set.viewer.subscribe(cameraOf(set, 1))).rejects.toMatchObject({ code: 'track_not_found' });
    await set.world.clock.advance(0);
    await set.world.sfu.deleteSession(APP, set.publishers[1]?.id ?? '');

    await set.viewer.answer(first);

    await held;
  });

  it("a client's offer is refused at once while an offer of the SFU is open, whatever call it comes with", async () => {
    const set = await scene();
    const { sfu } = set.world;
    const { id, client } = set.viewer;
    await set.viewer.subscribe(cameraOf(set, 0));
    client.addTransceiver('video', { direction: 'sendonly' });
    const sessionDescription = client.createOffer();
    const glare = { code: 'negotiation_glare', retryAfterMs: 0 };

    await expect(sfu.publish(APP, id, { tracks: [{ mid: '0', trackId: TrackId.parse('t') }], sessionDescription })).rejects.toMatchObject(
      glare,
    );
    await expect(sfu.renegotiate(APP, id, { sessionDescription })).rejects.toMatchObject(glare);
    await expect(sfu.closeTracks(APP, id, { tracks: [{ mid: '0' }], sessionDescription })).rejects.toMatchObject(glare);
    await expect(sfu.unsubscribe(APP, id, { tracks: [{ mid: 's0' }], sessionDescription })).rejects.toMatchObject(glare);
  });

  it('after answering, the refused publish works, on the m-section behind those of the SFU', async () => {
    const set = await scene();
    const { client, id } = set.viewer;
    const offer = await set.viewer.subscribe(cameraOf(set, 0));
    await set.viewer.answer(offer);
    client.addTransceiver('video', { direction: 'sendonly', trackId: 'own', streamId: 's' });
    const sessionDescription = client.createOffer();

    const reply = await set.world.sfu.publish(APP, id, { tracks: [{ mid: '0', trackId: TrackId.parse('own') }], sessionDescription });
    client.applyAnswer(reply.sessionDescription);

    expect(client.transceivers.map(({ mid }) => mid)).toEqual(['s0', '0']);
    expect(client.lastRemote?.sections.map(({ direction }) => direction)).toEqual(['sendonly', 'recvonly']);
  });

  it('calls without SDP do not wait for the answer', async () => {
    const set = await scene();
    const offer = await set.viewer.subscribe(cameraOf(set, 0), cameraOf(set, 1));

    await set.world.sfu.unsubscribe(APP, set.viewer.id, { tracks: [{ mid: 's0' }] });
    await set.world.sfu.updateTracks(APP, set.viewer.id, { tracks: [{ mid: 's1', paused: true }] });
    await set.viewer.answer(offer);

    const plans = set.world.shard.subscriptionsOf(set.viewer.id);
    expect(plans.map(({ mid, paused }) => [mid, paused])).toEqual([['s1', true]]);
  });

  it('200 calls at once on one session end in an orderly state', async () => {
    const set = await scene(4);
    const { sfu } = set.world;
    const { id } = set.viewer;
    const calls = Array.from({ length: 200 }, (_, number) => async () => {
      if (number % 3 === 0) return set.viewer.answer(await set.viewer.subscribe(cameraOf(set, number % 4)));
      if (number % 3 === 1) return sfu.unsubscribe(APP, id, { tracks: [cameraOf(set, number % 4)] });
      return sfu.updateTracks(APP, id, { tracks: [{ mid: 's0', paused: number % 2 === 0 }] });
    });

    const outcomes = await Promise.allSettled(calls.map((call) => call()));
    await set.viewer.receive(cameraOf(set, 0));

    const codes = outcomes.filter((each) => each.status === 'rejected').map(({ reason }) => reason.code);
    expect(new Set(codes)).toEqual(new Set(['track_not_found']));
    expect(set.world.shard.subscriptionsOf(id).length).toBeGreaterThan(0);
    expect(set.viewer.client.transceivers.length).toBeLessThanOrEqual(8);
  });
});

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

  it('that was withdrawn takes no late answer', async () => {
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

  it('a late answer to a withdrawn offer is not taken for one to the next', async () => {
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
});
