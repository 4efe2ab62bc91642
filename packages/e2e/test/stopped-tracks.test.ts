import { BLUE, launchFirefox, openStage, type Participant, RED, type Stage, type TestBrowser } from '@causeway/e2e';

jest.setTimeout(60_000);

let stage: Stage;
let firefox: TestBrowser;

beforeAll(async () => {
  stage = await openStage();
  firefox = await launchFirefox();
});

afterAll(async () => {
  await firefox.close();
  await stage.close();
});

describe('stopping the track that was published first', () => {
  it.each([
    ['Chromium', () => stage.join('publisher')],
    ['Firefox', async () => stage.joinFrom(await firefox.openPage(stage.site.origin), 'publisher')],
  ])('leaves its place to one that is published later, and the session goes on (%s)', async (_browser, join) => {
    const publisher: Participant = await join();
    const viewer = await stage.join('viewer');
    const [first] = await publisher.publish({ media: { kind: 'picture', colour: RED } }, { media: { kind: 'microphone' } });
    await viewer.seesColour(await viewer.watch(first!), RED);
    await publisher.stopTrack(first!.trackId);
    await publisher.connects();

    const [second] = await publisher.publish({ media: { kind: 'picture', colour: BLUE } });

    await viewer.seesColour(await viewer.watch(second!), BLUE);
    expect(await publisher.countMediaLines()).toBe(2);
    await Promise.all([publisher, viewer].map(({ page }) => page.close()));
  });
});
