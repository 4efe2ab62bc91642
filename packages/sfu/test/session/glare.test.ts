import { TrackId } from '@causeway/protocol';
import { APP } from '../doubles/sfu-under-test.ts';
import { cameraOf, scene } from '../doubles/viewing-scene.ts';

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

  it('queued subscriptions end when no call is left to carry their offer', async () => {
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

  it('a call that fails does not affect the calls held with it', async () => {
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
