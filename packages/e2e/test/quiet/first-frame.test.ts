import { BLUE, openStage, type Stage } from '@causeway/e2e';

jest.setTimeout(60_000);

/** The promise to users on loopback: a late joiner waits no longer for the first picture after `renegotiate` returned. */
const FIRST_FRAME_WITHIN_MS = 500;
const LATE_JOINS = 20;

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});

afterAll(() => stage.close());

describe('joining late', () => {
  it(`shows the first frame at most ${FIRST_FRAME_WITHIN_MS} ms after renegotiate returned, in ${LATE_JOINS} of ${LATE_JOINS} joins`, async () => {
    const alice = await stage.join('alice');
    const [track] = await alice.publish({ media: { kind: 'picture', colour: BLUE, width: 640, height: 360 } });
    const early = await stage.join('early');
    await early.decodesVideo(await early.watch(track!), 40);
    const page = await stage.openPage();
    await stage.joinFrom(page, 'warm-up');

    const waitsMs: number[] = [];
    for (let join = 0; join < LATE_JOINS; join += 1) {
      const waitMs = await page.evaluate(
        async ({ access, track }) => {
          const peer = kit.createPeer({ access });
          await peer.join({ access, receive: ['video'] });
          const [subscription] = await peer.subscribe([{ remoteSessionId: track.sessionId, remoteTrackId: track.trackId }]);
          const renegotiatedAtMs = performance.now();
          const reception = await peer.reception(subscription?.mid ?? '');
          const firstFrameAtMs = await reception.nextFrame();
          await peer.leave();
          return Math.max(0, firstFrameAtMs - renegotiatedAtMs);
        },
        { access: stage.daemon.access, track: track! },
      );
      waitsMs.push(Math.round(waitMs));
    }

    console.info(`first frame after renegotiate, ms: ${waitsMs.join(' ')}`);
    expect(waitsMs).toHaveLength(LATE_JOINS);
    expect(waitsMs.filter((waitMs) => waitMs > FIRST_FRAME_WITHIN_MS)).toEqual([]);
  });
});
