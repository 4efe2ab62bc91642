/** `examples/bot` with Chromium, and sessions of programs on Node, which it consists of. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSession } from '@causeway/client';
import { createEncodedTrack, createPeerConnection, onFrame, onKeyframeRequest, type ReceivedFrame } from '@causeway/client/node';
import {
  apiOf,
  type ChromiumBrowser,
  type Daemon,
  launchChromium,
  type ServerProcess,
  startDaemon,
  startServerProcess,
  type TestPage,
} from '@causeway/e2e';
import { findFreePort, waitUntil } from '@causeway/lab';

jest.setTimeout(60_000);

const IVF_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 12;

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon();
});

afterAll(async () => {
  await daemon.stop();
});

describe('the bot', () => {
  let bot: ServerProcess;
  let chromium: ChromiumBrowser;
  let botUrl: string;

  beforeAll(async () => {
    const port = await findFreePort('tcp');
    botUrl = `http://127.0.0.1:${port}`;
    const { host, appId, secret } = daemon.access;
    [bot, chromium] = await Promise.all([
      startServerProcess({
        main: 'examples/bot/bot.ts',
        // Answered once the bot has a session.
        readyUrl: `${botUrl}/token`,
        environment: { PORT: String(port), SFU_URL: host, SFU_APP_ID: appId, SFU_SECRET: secret },
      }),
      launchChromium(),
    ]);
  });

  afterAll(async () => {
    await chromium.close();
    await bot.stop();
  });

  it('sends a picture that Chromium decodes, also to a late subscriber', async () => {
    const first = await chromium.openPage(botUrl);
    await seesThePicture(first);
    const second = await chromium.openPage(botUrl);
    await seesThePicture(second);
  });

  it('answers each participant on a separate channel', async () => {
    const [ada, bob] = [await chromium.openPage(botUrl), await chromium.openPage(botUrl)];

    await say(ada, 'good morning');
    await hears(ada, 'Bot: You said "good morning"');
    await say(bob, 'what time is it?');
    await hears(bob, 'Bot: It is ');

    expect(await ada.evaluate(() => document.getElementById('talk')?.textContent, undefined)).not.toContain('It is ');
  });
});

async function seesThePicture(page: TestPage): Promise<void> {
  await waitUntil(
    'twenty frames of the picture are shown',
    () => page.evaluate(() => document.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames ?? 0, undefined),
    (frames) => frames >= 20,
  );
  const [red = 0, green = 0, blue = 0] = await page.evaluate(() => {
    const video = document.querySelector('video') as HTMLVideoElement;
    const canvas = Object.assign(document.createElement('canvas'), { width: video.videoWidth, height: video.videoHeight });
    const context = canvas.getContext('2d') as CanvasRenderingContext2D;
    context.drawImage(video, 0, 0);
    return [...context.getImageData(5, 5, 1, 1).data];
  }, undefined);
  // The background is blue: #142878.
  expect(blue).toBeGreaterThan(90);
  expect(Math.max(red, green)).toBeLessThan(70);
}

async function say(page: TestPage, text: string): Promise<void> {
  await waitUntil(
    'the bot listens',
    () => page.evaluate(() => (document.getElementById('send') as HTMLButtonElement | null)?.disabled, undefined),
    (isDisabled) => isDisabled === false,
  );
  await page.evaluate((said) => {
    (document.getElementById('text') as HTMLInputElement).value = said;
    (document.getElementById('say') as HTMLFormElement).requestSubmit();
  }, text);
}

async function hears(page: TestPage, text: string): Promise<void> {
  await waitUntil(
    `the page shows ${text}`,
    () => page.evaluate(() => document.getElementById('talk')?.textContent ?? '', undefined),
    (talk) => talk.includes(text),
  );
}

describe('two programs', () => {
  it('hear and see each other without a browser', async () => {
    const api = apiOf(daemon.access);
    const clip = readClip();
    const sending = createPeerConnection({ videoCodecs: ['VP8'] });
    const alice = await openSession({ api, peerConnection: sending, receive: [] });
    const [video, audio] = [createEncodedTrack('VP8'), createEncodedTrack('opus')];
    const published = await alice.publish([
      { track: video.track, name: 'camera' },
      { track: audio.track, name: 'microphone' },
    ]);
    let position = 0;
    let sent = 0;
    onKeyframeRequest(sending, video.track, () => {
      position = 0;
    });
    const timer = setInterval(() => {
      video.send(clip[position++ % clip.length] ?? new Uint8Array(0), 6_000 * sent);
      audio.send(Uint8Array.of(0xf8, 0xff, 0xfe), 960 * sent++);
    }, 20);
    const score = await alice.publishData({ name: 'score', retain: 'last' });
    score.send('1:0');
    const replies: unknown[] = [];
    score.onmessage = ({ data }) => replies.push(data);

    const bob = await openSession({ api, peerConnection: createPeerConnection() });
    const { done } = await bob.subscribe(
      published.done.map(({ trackId }) => ({ remoteSessionId: alice.sessionId, remoteTrackId: trackId })),
    );
    const frames: ReceivedFrame[] = [];
    for (const { track } of done) onFrame(track, (frame) => frames.push(frame));
    const channel = await bob.subscribeData({ remoteSessionId: alice.sessionId, dataChannelName: 'score', canReply: true });
    const heard: unknown[] = [];
    channel.onmessage = ({ data }) => {
      heard.push(data);
      channel.send(Buffer.of(1, 2, 3));
    };
    try {
      await waitUntil(
        'frames of both kinds and a reply came',
        () => [frames.filter(({ codec }) => codec === 'VP8').length, frames.filter(({ codec }) => codec === 'opus').length, replies.length],
        ([seen = 0, listened = 0, answered = 0]) => seen >= 10 && listened >= 10 && answered > 0,
      );
    } finally {
      clearInterval(timer);
      await Promise.all([alice.leave(), bob.leave()]);
    }

    const pictures = frames.filter(({ codec }) => codec === 'VP8');
    expect(pictures[0]).toMatchObject({ isKeyframe: true });
    const known = new Set(clip.map((frame) => Buffer.from(frame).toString('base64')));
    expect(pictures.filter(({ data }) => !known.has(Buffer.from(data).toString('base64')))).toEqual([]);
    expect(heard).toEqual(['1:0']);
    expect(replies).toEqual([Buffer.of(1, 2, 3)]);
  });
});

/** The frames of the bot's picture. */
function readClip(): readonly Uint8Array[] {
  const file = readFileSync(join(import.meta.dirname, '../../../examples/bot/picture.ivf'));
  const frames: Uint8Array[] = [];
  for (let at = IVF_HEADER_BYTES; at < file.length; at += FRAME_HEADER_BYTES + file.readUInt32LE(at)) {
    frames.push(file.subarray(at + FRAME_HEADER_BYTES, at + FRAME_HEADER_BYTES + file.readUInt32LE(at)));
  }
  return frames;
}
