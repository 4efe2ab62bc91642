import { openStage, type Participant, RED, type Stage } from '@causeway/e2e';

jest.setTimeout(60_000);

let stage: Stage;
let alice: Participant;
let bob: Participant;

beforeAll(async () => {
  stage = await openStage();
});

afterAll(() => stage.close());

beforeEach(async () => {
  [alice, bob] = await Promise.all([stage.join('alice'), stage.join('bob')]);
});

afterEach(async () => {
  await alice.page.close();
  await bob.page.close();
});

describe('video', () => {
  it.each(['VP8', 'VP9', 'H264', 'AV1'])('is forwarded in %s when the publisher offers nothing else', async (codec) => {
    const [track] = await alice.publish({ media: { kind: 'picture', colour: RED }, codec });
    const mid = await bob.watch(track!);

    const figures = await bob.decodesVideo(mid, 30);

    await bob.seesColour(mid, RED);
    expect(figures).toMatchObject({ codec, kind: 'video', packetsLost: 0 });
    expect(await alice.listTracks()).toEqual([expect.objectContaining({ codec })]);
  });
});

describe('Opus', () => {
  it('keeps left and right apart when both ends ask for stereo', async () => {
    for (const { page, name } of [alice, bob]) {
      await page.evaluate(
        ({ name }) => {
          kit.peer(name).editLocalSdp = (sdp) => sdp.replaceAll('useinbandfec=1', 'useinbandfec=1;stereo=1;sprop-stereo=1');
        },
        { name },
      );
    }

    const [track] = await alice.publish({ media: { kind: 'tone', leftHz: 440, rightHz: 1320 } });
    const mid = await bob.watch(track!);

    const figures = await bob.hearsSound(mid);
    const heard = await bob.hearsTones(mid, { leftHz: 440, rightHz: 1320 });
    expect(figures).toMatchObject({ codec: 'opus', packetsLost: 0 });
    expect(Math.abs(heard.leftHz - heard.rightHz)).toBeGreaterThan(800);
  });
});
