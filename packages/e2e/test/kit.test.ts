/** Tests the in-page kit over a peer connection from the page to itself. */
import {
  BLUE,
  type BlankSite,
  KIT_PATH,
  launchChromium,
  launchFirefox,
  RED,
  startBlankSite,
  type TestBrowser,
  type TestPage,
} from '@causeway/e2e';

jest.setTimeout(60_000);

let site: BlankSite;

beforeAll(async () => {
  site = await startBlankSite();
});

afterAll(() => site.close());

describe.each([
  ['Chromium', launchChromium],
  ['Firefox', launchFirefox],
])('the in-page kit in %s', (_name, launch) => {
  let browser: TestBrowser;
  let page: TestPage;

  beforeAll(async () => {
    browser = await launch();
    page = await browser.openPage(site.origin);
    await page.evaluateText(`import('${KIT_PATH}').then(() => undefined)`);
  });

  afterAll(() => browser.close());

  it('reads colour and frame number of a picture after a codec', async () => {
    const seen = await page.evaluate(
      async ({ colour }) => {
        const { reception } = await kit.connectLoop({ media: { kind: 'picture', colour } });
        await reception.nextFrame();
        const first = reception.readPicture();
        const later = await kit.waitUntil(
          'the counter has gone on',
          () => reception.readPicture(),
          (picture) => (picture?.frameNumber ?? 0) >= (first?.frameNumber ?? 0) + 10,
        );
        return { first, later };
      },
      { colour: RED },
    );

    expect(seen.later).toMatchObject({ width: 320, height: 180 });
    expect(seen.later?.colour[0]).toBeGreaterThan(150);
    expect(seen.later?.colour[2]).toBeLessThan(80);
    expect(seen.later?.frameNumber).toBeLessThan((seen.first?.frameNumber ?? 0) + 200);
  });

  it('reads the figures of both ends of a stream', async () => {
    const { inbound, outbound } = await page.evaluate(
      async ({ colour }) => {
        const { sender, receiver } = await kit.connectLoop({ media: { kind: 'picture', colour } });
        const isRight = (figures: readonly { framesDecoded: number }[]) => (figures[0]?.framesDecoded ?? 0) >= 10;
        const inbound = await kit.waitUntil('10 frames are decoded', () => kit.readInbound(receiver), isRight);
        return { inbound, outbound: await kit.readOutbound(sender) };
      },
      { colour: BLUE },
    );

    expect(inbound).toEqual([expect.objectContaining({ kind: 'video', codec: 'VP8', frameHeight: 180, packetsLost: 0 })]);
    expect(outbound).toEqual([expect.objectContaining({ kind: 'video', codec: 'VP8', frameHeight: 180, rid: '' })]);
    expect(outbound[0]?.ssrc).toBe(inbound[0]?.ssrc);
  });
});

// Headless Firefox has no sound device, and without one its AudioContext never starts.
describe('the in-page kit where there is sound', () => {
  it('tells the left tone from the right one', async () => {
    const chromium = await launchChromium();
    const page = await chromium.openPage(site.origin);
    await page.evaluateText(`import('${KIT_PATH}').then(() => undefined)`);

    const heard = await page.evaluate(async () => {
      const { reception } = await kit.connectLoop({ media: { kind: 'tone', leftHz: 440, rightHz: 1320 } }, (sdp) =>
        sdp.replace('useinbandfec=1', 'useinbandfec=1;stereo=1'),
      );
      const isStereo = ({ leftHz, rightHz }: { leftHz: number; rightHz: number }) =>
        Math.abs(leftHz - 440) < 20 && Math.abs(rightHz - 1320) < 20;
      return kit.waitUntil('both tones are heard', () => reception.readTones(), isStereo);
    }, undefined);
    await chromium.close();

    expect(Math.round(heard.leftHz / 100)).toBe(4);
    expect(Math.round(heard.rightHz / 100)).toBe(13);
  });
});
