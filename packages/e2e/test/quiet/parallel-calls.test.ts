import { BLUE, GREEN, openStage, type Participant, RED, type RemoteTrack, type Stage } from '@causeway/e2e';
import type { SubscribeReply } from '@causeway/protocol';

jest.setTimeout(60_000);

let stage: Stage;
let alice: Participant;
let bob: Participant;
let track: RemoteTrack;

beforeAll(async () => {
  stage = await openStage();
});

afterAll(() => stage.close());

beforeEach(async () => {
  [alice, bob] = await Promise.all([stage.join('alice'), stage.join('bob')]);
  const [published] = await alice.publish({ media: { kind: 'picture', colour: RED } });
  track = published!;
});

afterEach(async () => {
  await alice.page.close();
  await bob.page.close();
});

/** Subscribes to a track and leaves the SFU's offer unanswered. */
function subscribeWithoutAnswer(participant: Participant, { sessionId, trackId }: RemoteTrack): Promise<SubscribeReply> {
  return participant.page.evaluate(
    ({ name, item }) => kit.peer(name).callSession<SubscribeReply>('POST', '/track/subscribe', { tracks: [item] }),
    { name: participant.name, item: { remoteSessionId: sessionId, remoteTrackId: trackId } },
  );
}

describe('ten subscribes at once on one session', () => {
  // A browser has six connections to a host, so held calls must leave one for the answer that they wait for.
  it('all succeed within the time limit of a held call, and all ten tracks play', async () => {
    const publisher = await stage.join('publisher');
    const tracks = await publisher.publish(
      ...Array.from({ length: 10 }, () => ({
        media: { kind: 'picture', colour: GREEN, width: 160, height: 90, framesPerSecond: 5 } as const,
      })),
    );

    const startedAtMs = performance.now();
    const mids = await bob.page.evaluate(
      async ({ name, tracks }) => {
        const peer = kit.peer(name);
        let answered: Promise<void> = Promise.resolve();
        const replies = await Promise.all(
          tracks.map(async ({ sessionId, trackId }) => {
            const item = { remoteSessionId: sessionId, remoteTrackId: trackId };
            const reply = await peer.callSession<SubscribeReply>('POST', '/track/subscribe', { tracks: [item] });
            // A page has one peer connection, so it answers offers one after the other.
            answered = answered.then(() => peer.answer(reply));
            await answered;
            return reply;
          }),
        );
        return replies.map(({ tracks }) => tracks[0]?.mid ?? '');
      },
      { name: bob.name, tracks },
    );

    expect(performance.now() - startedAtMs).toBeLessThan(5_000);
    expect(new Set(mids).size).toBe(10);
    for (const mid of mids) await bob.decodesVideo(mid, 5);
    await publisher.page.close();
  });
});

describe('publish against subscribe on one session', () => {
  it('refuses an offer of the client at once while one of the SFU is open, and accepts it after a rollback', async () => {
    const offer = await subscribeWithoutAnswer(bob, track);

    const refusal = await bob.page.evaluate(
      async ({ name, colour }) => {
        const peer = kit.peer(name);
        const added = await kit.createLocalTrack({ kind: 'picture', colour });
        const transceiver = peer.connection.addTransceiver(added, { direction: 'sendonly' });
        const body = { sessionDescription: await peer.makeOffer(), tracks: [{ trackId: added.id, mid: transceiver.mid }] };
        return peer.api.send({ method: 'POST', path: `/session/${peer.sessionId}/track/publish`, body: body });
      },
      { name: bob.name, colour: BLUE },
    );
    // Applying the SFU's offer rolls the client's own back, as browsers do by themselves.
    await bob.page.evaluate(({ name, offer }) => kit.peer(name).answer(offer), { name: bob.name, offer });
    const [published] = await bob.publish({ media: { kind: 'picture', colour: BLUE } });

    expect(refusal).toMatchObject({ status: 409, body: { errorCode: 'negotiation_glare', retryable: true } });
    expect(refusal.headers['retry-after']).toBe('0');
    await bob.seesColour(offer.tracks[0]?.mid ?? '', RED);
    const mid = await alice.watch(published!);
    await alice.seesColour(mid, BLUE);
  });

  it('settles when both are sent at the same moment and the loser tries again', async () => {
    const statuses = await bob.page.evaluate(
      async ({ name, track, colour }) => {
        const peer = kit.peer(name);
        const path = `/session/${peer.sessionId}`;
        const added = await kit.createLocalTrack({ kind: 'picture', colour });
        const transceiver = peer.connection.addTransceiver(added, { direction: 'sendonly' });
        const sessionDescription = await peer.makeOffer();
        const publishBody = { sessionDescription, tracks: [{ trackId: added.id, mid: transceiver.mid }] };
        const subscribeBody = { tracks: [{ remoteSessionId: track.sessionId, remoteTrackId: track.trackId }] };
        const [subscribed, published] = await Promise.all([
          peer.api.send({ method: 'POST', path: `${path}/track/subscribe`, body: subscribeBody }),
          peer.api.send({ method: 'POST', path: `${path}/track/publish`, body: publishBody }),
        ]);
        const statuses = [subscribed.status, published.status];
        // Either order is right, as long as the page can recover by the documented rules.
        if (published.status === 200) {
          await peer.connection.setRemoteDescription(
            (published.body as { sessionDescription: RTCSessionDescriptionInit }).sessionDescription,
          );
        }
        await peer.answer(subscribed.body as SubscribeReply);
        if (published.status !== 200) {
          const retried = { ...publishBody, sessionDescription: await peer.makeOffer() };
          retried.tracks = [{ trackId: added.id, mid: transceiver.mid }];
          const reply = await peer.api.call<{ sessionDescription: RTCSessionDescriptionInit }>({
            method: 'POST',
            path: `${path}/track/publish`,
            body: retried,
          });
          await peer.connection.setRemoteDescription(reply.sessionDescription);
        }
        return statuses;
      },
      { name: bob.name, track, colour: BLUE },
    );

    expect([
      [200, 200],
      [200, 409],
    ]).toContainEqual(statuses);
    const [listed] = await bob.listTracks();
    const mid = await alice.watch(listed!);
    await alice.seesColour(mid, BLUE);
  });
});

describe('answers', () => {
  it('may be sent twice, but not without an offer', async () => {
    const offer = await subscribeWithoutAnswer(bob, track);

    const statuses = await bob.page.evaluate(
      async ({ name, offer }) => {
        const peer = kit.peer(name);
        await peer.connection.setRemoteDescription(offer.sessionDescription as RTCSessionDescriptionInit);
        const body = { sessionDescription: await peer.makeAnswer() };
        const send = (text: unknown) => peer.api.send({ method: 'PUT', path: `/session/${peer.sessionId}/renegotiate`, body: text });
        return [await send(body), await send(body)].map(({ status }) => status);
      },
      { name: bob.name, offer },
    );
    const unasked = await alice.page.evaluate(
      ({ name, sdp }) => {
        const peer = kit.peer(name);
        return peer.api.send({
          method: 'PUT',
          path: `/session/${peer.sessionId}/renegotiate`,
          body: { sessionDescription: { type: 'answer', sdp } },
        });
      },
      { name: alice.name, sdp: offer.sessionDescription?.sdp.replace(/a=setup:\w+/g, 'a=setup:active') },
    );

    expect(statuses).toEqual([200, 200]);
    expect(unasked).toMatchObject({ status: 409, body: { errorCode: 'no_pending_offer' } });
  });
});
