/** `examples/call`, started as its README says, between two people who share no cookies. */

import {
  type ChromiumBrowser,
  launchChromium,
  launchFirefox,
  type ServerProcess,
  startServerProcess,
  type TestBrowser,
  type TestPage,
} from '@causeway/e2e';
import { findFreePort, waitUntil } from '@causeway/lab';

jest.setTimeout(180_000);

const SECRET = 'a-secret-of-this-test-that-no-page-may-see';
const APP_ID = 'call';

let sfuPort: number;
let udpPort: number;
let backendUrl: string;
let sfu: ServerProcess;
let backend: ServerProcess;
let chromium: ChromiumBrowser;
let firefox: TestBrowser;

function startSfu(): Promise<ServerProcess> {
  return startServerProcess({
    main: 'packages/gateway/src/main.ts',
    readyUrl: `http://127.0.0.1:${sfuPort}/readyz`,
    environment: {
      CAUSEWAY_HTTP_PORT: String(sfuPort),
      CAUSEWAY_BOOKS: 'off',
      CAUSEWAY_UDP_PORT: String(udpPort),
      CAUSEWAY_APP_ID: APP_ID,
      CAUSEWAY_APP_SECRET: SECRET,
      CAUSEWAY_DRAIN_SECONDS: '0',
      // A machine that is busy with other work must not refuse sessions.
      CAUSEWAY_MAX_EVENT_LOOP_DELAY_MS: '10000',
    },
  });
}

beforeAll(async () => {
  const backendPort = await findFreePort('tcp');
  [sfuPort, udpPort] = [await findFreePort('tcp'), await findFreePort('udp')];
  backendUrl = `http://127.0.0.1:${backendPort}`;
  sfu = await startSfu();
  [backend, chromium, firefox] = await Promise.all([
    startServerProcess({
      main: 'examples/call/server.ts',
      readyUrl: `${backendUrl}/`,
      environment: { PORT: String(backendPort), SFU_URL: `http://127.0.0.1:${sfuPort}`, SFU_APP_ID: APP_ID, SFU_SECRET: SECRET },
    }),
    launchChromium(),
    launchFirefox(),
  ]);
});
afterAll(async () => {
  await Promise.all([chromium.close(), firefox.close()]);
  await backend.stop();
  await sfu.stop();
});

/** One person with the page open. */
class Caller {
  readonly page: TestPage;
  readonly #name: string;

  private constructor(page: TestPage, name: string) {
    this.page = page;
    this.#name = name;
  }

  static async join(browser: TestBrowser, name: string): Promise<Caller> {
    const caller = Caller.on(await browser.openPage(`${backendUrl}/`), name);
    await caller.submit();
    return caller;
  }

  static on(page: TestPage, name: string): Caller {
    return new Caller(page, name);
  }

  submit(): Promise<void> {
    return this.page.evaluate((name) => {
      (document.getElementById('name') as HTMLInputElement).value = name;
      (document.getElementById('join') as HTMLFormElement).requestSubmit();
    }, this.#name);
  }

  click(id: string): Promise<void> {
    return this.page.evaluate((id) => document.getElementById(id)?.click(), id);
  }

  async isIn(state: string): Promise<void> {
    const read = () => this.page.evaluate(() => document.getElementById('state')?.textContent ?? '', undefined);
    await waitUntil(`${this.#name} is told "${state}"`, read, (text) => text === state, 60_000);
  }

  /**
   * Waits until exactly these people are shown, each with audio and moving video. Frames are counted one by one, because Firefox
   * has no `totalVideoFrames` for a stream.
   */
  async sees(...names: string[]): Promise<void> {
    const read = () =>
      this.page.evaluate(
        () =>
          [...document.querySelectorAll('figure')]
            .map((figure) => {
              const video = figure.querySelector('video') as HTMLVideoElement;
              const kinds = (video.srcObject as MediaStream).getTracks().map(({ kind }) => kind);
              const count = (): void => {
                video.dataset.frames = String(Number(video.dataset.frames ?? 0) + 1);
                video.requestVideoFrameCallback(count);
              };
              if (video.dataset.frames === undefined) count();
              const isMoving = Number(video.dataset.frames) > 10;
              return `${figure.querySelector('figcaption')?.textContent}: ${kinds.sort().join('+')}${isMoving ? ', moving' : ''}`;
            })
            .sort()
            .join('; '),
        undefined,
      );
    const wanted = names.map((name) => `${name}: audio+video, moving`).join('; ');
    await waitUntil(`${this.#name} sees ${wanted === '' ? 'nobody' : wanted}`, read, (text) => text === wanted, 60_000);
  }

  /** The highest audio level of the first other participant within two seconds, 0 to 1. */
  hears(): Promise<number> {
    return this.page.evaluate(async () => {
      const { srcObject } = document.querySelector('video') as HTMLVideoElement;
      const context = new AudioContext();
      const analyser = context.createAnalyser();
      context.createMediaStreamSource(new MediaStream((srcObject as MediaStream).getAudioTracks())).connect(analyser);
      const samples = new Float32Array(analyser.fftSize);
      let loudest = 0;
      for (const endsAtMs = performance.now() + 2_000; performance.now() < endsAtMs; ) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        analyser.getFloatTimeDomainData(samples);
        loudest = Math.max(loudest, ...samples.map(Math.abs));
      }
      await context.close();
      return loudest;
    }, undefined);
  }
}

describe.each(['chromium', 'firefox'] as const)('a call between Chromium and %s', (otherName) => {
  let alice: Caller;
  let bob: Caller;

  beforeEach(async () => {
    alice = await Caller.join(chromium, 'Alice');
    await alice.isIn('In the call');
    bob = await Caller.join(otherName === 'chromium' ? chromium : firefox, 'Bob');
    await bob.isIn('In the call');
    await Promise.all([alice.sees('Bob'), bob.sees('Alice')]);
  });
  afterEach(async () => {
    await Promise.all([alice.page.close(), bob.page.close()]);
  });

  it('goes both ways, with names; participants can leave and return, and no error stays hidden', async () => {
    await bob.click('leave');
    await alice.sees();
    await bob.page.evaluate(() => (document.getElementById('join') as HTMLFormElement).requestSubmit(), undefined);
    await Promise.all([alice.sees('Bob'), bob.sees('Alice')]);

    expect([...alice.page.errors, ...bob.page.errors]).toEqual([]);
  });

  // Chromium listens, because an AudioContext of Firefox hangs without a sound card.
  it('lets no one hear a participant who has muted the microphone', async () => {
    await waitUntil(
      'Alice hears Bob',
      () => alice.hears(),
      (loudest) => loudest > 0.01,
      30_000,
    );

    await bob.click('mute');
    await alice.sees('Bob (muted)');
    await waitUntil(
      'Alice hears nothing',
      () => alice.hears(),
      (loudest) => loudest < 0.001,
      30_000,
    );

    await bob.click('mute');
    await alice.sees('Bob');
    await waitUntil(
      'Alice hears Bob again',
      () => alice.hears(),
      (loudest) => loudest > 0.01,
      30_000,
    );
  });
});

it('recovers in the same sessions after the network has failed', async () => {
  const alice = await Caller.join(chromium, 'Alice');
  const bob = await Caller.join(chromium, 'Bob');
  await Promise.all([alice.sees('Bob'), bob.sees('Alice')]);
  const ids = () => alice.page.evaluate(() => [...document.querySelectorAll('figure')].map(({ id }) => id), undefined);
  const before = await ids();

  sfu.signal('SIGSTOP');
  await Promise.all([alice.isIn('Connecting'), bob.isIn('Connecting')]);
  sfu.signal('SIGCONT');

  await Promise.all([alice.isIn('In the call'), bob.isIn('In the call')]);
  await Promise.all([alice.sees('Bob'), bob.sees('Alice')]);
  expect(await ids()).toEqual(before);
  await Promise.all([alice.page.close(), bob.page.close()]);
});

it('joins again by itself after a restart of the SFU, which invalidates sessions and tokens', async () => {
  const alice = await Caller.join(chromium, 'Alice');
  const bob = await Caller.join(chromium, 'Bob');
  await Promise.all([alice.sees('Bob'), bob.sees('Alice')]);

  sfu.signal('SIGKILL');
  await sfu.stop();
  sfu = await startSfu();

  await Promise.all([alice.isIn('In the call'), bob.isIn('In the call')]);
  await Promise.all([alice.sees('Bob'), bob.sees('Alice')]);
  await Promise.all([alice.page.close(), bob.page.close()]);
});

it('tells a user that there is no camera, and lets them join once there is one', async () => {
  const page = await chromium.openPage(`${backendUrl}/`);
  await page.evaluate(() => {
    const { mediaDevices } = navigator;
    const original = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async () => {
      mediaDevices.getUserMedia = original;
      throw new DOMException('Requested device not found', 'NotFoundError');
    };
  }, undefined);
  const alice = Caller.on(page, 'Alice');

  await alice.submit();
  await alice.isIn('Requested device not found');
  await alice.submit();

  await alice.isIn('In the call');
  expect(page.errors).toEqual([]);
  await page.close();
});

it('says that its port is in use, and prints no address', async () => {
  const again = startServerProcess({
    main: 'examples/call/server.ts',
    environment: { PORT: new URL(backendUrl).port, SFU_SECRET: SECRET },
    readyUrl: `${backendUrl}/not-there`,
  });

  await expect(again).rejects.toThrow('EADDRINUSE');
  await expect(again).rejects.not.toThrow('http://localhost');
});

it('keeps the secret off every page, and gives tokens only to those who are signed in', async () => {
  const page = await (await fetch(`${backendUrl}/`)).text();
  const [stranger, forger] = await Promise.all(
    ['', `user=${Buffer.from('{"id":"x","name":"x"}').toString('base64url')}.${'A'.repeat(43)}`].map((Cookie) =>
      fetch(`${backendUrl}/token`, { headers: { Cookie } }),
    ),
  );
  const signedIn = await fetch(`${backendUrl}/sign-in`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"name":"Alice"}',
  });
  const cookie = signedIn.headers.get('Set-Cookie') ?? '';
  const reply = await fetch(`${backendUrl}/token`, { headers: { Cookie: String(cookie.split(';')[0]) } });
  const text = await reply.text();

  expect([stranger?.status, forger?.status, reply.status]).toEqual([401, 401, 200]);
  expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
  expect(`${page}${text}`).not.toContain(SECRET);
  expect(JSON.parse(text)).toMatchObject({ token: expect.any(String), api: `http://127.0.0.1:${sfuPort}/api/sfu/${APP_ID}` });
});
