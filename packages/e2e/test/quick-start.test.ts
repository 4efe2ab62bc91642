import {
  fillIn,
  launchFirefox,
  listReferenceExamples,
  openStage,
  type ReferenceExample,
  readReadmeQuickStart,
  readReferenceExample,
  type Stage,
  type TestPage,
} from '@causeway/e2e';
import { waitUntil } from '@causeway/lab';

jest.setTimeout(60_000);

/** Records the peer connections that the page's code creates, for the test. */
const RECORD_PEER_CONNECTIONS = `
  globalThis.peerConnections = [];
  const Original = RTCPeerConnection;
  globalThis.RTCPeerConnection = class RTCPeerConnection extends Original {
    constructor(...parameters) {
      super(...parameters);
      peerConnections.push(this);
    }
  };`;

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});

afterAll(() => stage.close());

/** Frames that the page's nth peer connection has decoded. */
function readFramesDecoded(page: TestPage, index: number): Promise<number> {
  return page.evaluate(
    async ({ index }) => {
      const { peerConnections } = globalThis as unknown as { readonly peerConnections: readonly RTCPeerConnection[] };
      let framesDecoded = 0;
      (await peerConnections[index]?.getStats())?.forEach((stats: { readonly type: string; readonly framesDecoded?: number }) => {
        if (stats.type === 'inbound-rtp') framesDecoded += stats.framesDecoded ?? 0;
      });
      return framesDecoded;
    },
    { index },
  );
}

describe("the reference's examples", () => {
  it('are run word for word', () => {
    const examples: readonly ReferenceExample[] = ['publish-track', 'close-track', 'quick-start'];

    const words = examples.map((example) => readReferenceExample(example).trim().replaceAll(/\s+/g, ' '));

    expect(words).toEqual(listReferenceExamples());
  });

  it('change only in host, app, secret and STUN server when they are filled in', () => {
    const filledIn = fillIn(readReferenceExample('quick-start'), stage.daemon);

    const { access, udpPort } = stage.daemon;
    const restored = filledIn
      .replace(`"${access.host}"`, '"https://global.sfu.metered.ca"')
      .replace(`"${access.appId}"`, '""')
      .replace(`"${access.secret}"`, '""')
      .replaceAll(`stun:127.0.0.1:${udpPort}`, 'stun:stun.metered.ca:80');
    expect(restored).toBe(readReferenceExample('quick-start'));
  });
});

describe("the reference's Quick Start", () => {
  it('plays the webcam of one peer connection in the other, from a blank page on another origin', async () => {
    const page = await stage.openPage({ initScript: RECORD_PEER_CONNECTIONS });

    await page.evaluateText(fillIn(readReferenceExample('quick-start'), stage.daemon));

    await waitUntil(
      'pcB decodes 30 frames',
      () => readFramesDecoded(page, 1),
      (frames) => frames >= 30,
    );
    const picture = await page.evaluate(() => {
      const video = document.querySelector('video');
      return { videos: document.querySelectorAll('video').length, isPlaying: video?.paused === false, width: video?.videoWidth };
    }, undefined);
    expect(picture).toMatchObject({ videos: 1, isPlaying: true });
    expect(picture.width).toBeGreaterThan(0);
    expect(page.errors).toEqual([]);
    await page.close();
  });

  it('does so in Firefox', async () => {
    const firefox = await launchFirefox();
    try {
      const page = await firefox.openPage(stage.site.origin);
      await page.evaluateText(RECORD_PEER_CONNECTIONS);

      await page.evaluateText(fillIn(readReferenceExample('quick-start'), stage.daemon));

      await waitUntil(
        'pcB decodes 30 frames',
        () => readFramesDecoded(page, 1),
        (frames) => frames >= 30,
      );
      expect(page.errors).toEqual([]);
    } finally {
      await firefox.close();
    }
  });
});

describe("the README's quick start", () => {
  it('plays the webcam too', async () => {
    const page = await stage.openPage({ initScript: RECORD_PEER_CONNECTIONS });

    await page.evaluateText(readReadmeQuickStart(stage.daemon));

    await waitUntil(
      'pcB decodes 30 frames',
      () => readFramesDecoded(page, 1),
      (frames) => frames >= 30,
    );
    expect(page.errors).toEqual([]);
    await page.close();
  });
});

describe("the README's quick start with a mistake in what to fill in", () => {
  it.each([
    ['a wrong secret', (code: string) => code.replace(stage.daemon.access.secret, 'wrong')],
    ['a secret that was not filled in', (code: string) => code.replace(stage.daemon.access.secret, 'YOUR_SECRET')],
    ['a wrong app', (code: string) => code.replace(`'${stage.daemon.access.appId}'`, "'other'")],
  ])('says what is wrong: %s', async (_mistake, replace) => {
    const page = await stage.openPage();

    await expect(page.evaluateText(replace(readReadmeQuickStart(stage.daemon)))).rejects.toThrow(
      'unauthorized: app and credential do not belong together',
    );

    await page.close();
  });
});

describe("the reference's examples of publishing and closing", () => {
  it('add a named track to a running session and take it away again', async () => {
    const alice = await stage.join('alice', { receive: ['video'] });
    const { appId: sfuAppId, secret: sfuSecret } = stage.daemon.access;
    /** Runs an example in the page with the variables that it assumes. */
    const runExample = (example: ReferenceExample, result: string, trackId?: unknown): Promise<unknown> =>
      alice.page.evaluateText(`(async () => {
        const peerConnection = kit.peer('alice').connection;
        const { sfuAppId, sfuSecret, sessionId, trackId } = ${JSON.stringify({ sfuAppId, sfuSecret, sessionId: alice.sessionId, trackId })};
        ${fillIn(readReferenceExample(example), stage.daemon)}
        return ${result};
      })()`);

    const trackId = await runExample('publish-track', 'track.id');
    const published = await alice.listTracks();
    const closed = await runExample('close-track', 'data', trackId);

    expect(published).toEqual([expect.objectContaining({ trackId, customTrackName: 'my-video', trackKind: 'video' })]);
    expect(closed).toMatchObject({ sessionId: alice.sessionId, success: true, sessionDescription: { type: 'answer' } });
    expect(await alice.listTracks()).toEqual([]);
    await alice.page.close();
  });
});
