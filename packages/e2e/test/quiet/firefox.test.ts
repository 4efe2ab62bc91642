import { BLUE, launchFirefox, openStage, type Participant, RED, type Stage, type TestBrowser } from '@causeway/e2e';

jest.setTimeout(60_000);

let stage: Stage;
let firefox: TestBrowser;
let chromiumGuest: Participant;
let firefoxGuest: Participant;

beforeAll(async () => {
  stage = await openStage();
  firefox = await launchFirefox();
});

afterAll(async () => {
  await firefox.close();
  await stage.close();
});

beforeEach(async () => {
  chromiumGuest = await stage.join('chromium-guest');
  firefoxGuest = await stage.joinFrom(await firefox.openPage(stage.site.origin), 'firefox-guest');
});

afterEach(async () => {
  await chromiumGuest.page.close();
  await firefoxGuest.page.close();
});

describe('Chromium and Firefox', () => {
  it('hear and see each other in one call', async () => {
    const fromChromium = await chromiumGuest.publish(
      { media: { kind: 'picture', colour: RED } },
      { media: { kind: 'tone', leftHz: 440, rightHz: 440 } },
    );
    const fromFirefox = await firefoxGuest.publish({ media: { kind: 'picture', colour: BLUE } }, { media: { kind: 'microphone' } });

    const [chromiumPicture, chromiumSound] = await firefoxGuest.subscribe(...fromChromium);
    const [firefoxPicture, firefoxSound] = await chromiumGuest.subscribe(...fromFirefox);

    await Promise.all([
      firefoxGuest.seesColour(chromiumPicture?.mid ?? '', RED),
      firefoxGuest.hearsSound(chromiumSound?.mid ?? ''),
      chromiumGuest.seesColour(firefoxPicture?.mid ?? '', BLUE),
      chromiumGuest.hearsSound(firefoxSound?.mid ?? ''),
    ]);
    await Promise.all([firefoxGuest.decodesVideo(chromiumPicture?.mid ?? ''), chromiumGuest.decodesVideo(firefoxPicture?.mid ?? '')]);
  });

  it.each(['VP8', 'VP9'])('pass %s both ways', async (codec) => {
    const [fromChromium] = await chromiumGuest.publish({ media: { kind: 'picture', colour: RED }, codec });
    const [fromFirefox] = await firefoxGuest.publish({ media: { kind: 'picture', colour: BLUE }, codec });

    const firefoxMid = await firefoxGuest.watch(fromChromium!);
    const chromiumMid = await chromiumGuest.watch(fromFirefox!);

    expect(await firefoxGuest.decodesVideo(firefoxMid)).toMatchObject({ codec });
    expect(await chromiumGuest.decodesVideo(chromiumMid)).toMatchObject({ codec });
  });

  it('mute a track that the other one closed with the next offer', async () => {
    const [track] = await chromiumGuest.publish({ media: { kind: 'picture', colour: RED } });
    const mid = await firefoxGuest.watch(track!);
    await firefoxGuest.decodesVideo(mid);

    await chromiumGuest.closeTrack(track!.trackId);
    await firefoxGuest.receivesNothing(mid);
    const [sound] = await chromiumGuest.publish({ media: { kind: 'tone', leftHz: 440, rightHz: 440 } });
    await firefoxGuest.watch(sound!);

    await firefoxGuest.seesMute(mid);
  });
});
