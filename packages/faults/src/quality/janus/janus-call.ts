/**
 * The call of `WatchedCall` through Janus, with the same camera, layers and paths. Janus does not estimate what a viewer's path carries; it
 * sends the best layer until its viewer asks for another.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type BlankSite, type ChromiumBrowser, type ChromiumPage, KIT_PATH, launchChromium, startBlankSite } from '@causeway/e2e';
import { findFreePort, waitUntil } from '@causeway/lab';
import { CAMERA_SCRIPT } from '../camera-script.ts';
import type { SeenFrame, SoundFigures } from '../figures.ts';
import { type NarrowAccess, openNarrowAccess } from '../narrow-access.ts';
import { CAMERA, type CallViewer, LAYERS, type QualityCall, readSound } from '../quality-call.ts';
import { attachInPage, publishToJanus, watchOnJanus } from './janus-page.ts';
import { type JanusServer, startJanus } from './janus-server.ts';

const ROOM = 1234;
const LOOPBACK = '127.0.0.1';
/** Waits until the best layer is sent in its full size. */
const SENT_WITHIN_MS = 40_000;

export class JanusCall implements QualityCall {
  readonly publisherAccess: NarrowAccess;
  readonly viewerAccess: NarrowAccess;
  readonly trace = undefined;
  readonly #janus: JanusServer;
  readonly #site: BlankSite;
  readonly #chromium: ChromiumBrowser;
  readonly #hasSound: boolean;
  #publisher: ChromiumPage | undefined;

  private constructor(
    janus: JanusServer,
    accesses: readonly [NarrowAccess, NarrowAccess],
    pages: { readonly site: BlankSite; readonly chromium: ChromiumBrowser },
    hasSound: boolean,
  ) {
    this.#janus = janus;
    [this.publisherAccess, this.viewerAccess] = accesses;
    this.#site = pages.site;
    this.#chromium = pages.chromium;
    this.#hasSound = hasSound;
  }

  static async open({ hasSound = false }: { readonly hasSound?: boolean | undefined } = {}): Promise<JanusCall> {
    const janus = await startJanus();
    const accesses = [await openAccess('publisher', janus), await openAccess('viewer', janus)] as const;
    return new JanusCall(janus, accesses, { site: await startBlankSite(), chromium: await launchChromium() }, hasSound);
  }

  async publish(): Promise<void> {
    this.#publisher = await this.#openPage(this.publisherAccess.initScript + CAMERA_SCRIPT);
    await this.#publisher.evaluate(publishToJanus, { room: ROOM, hasSound: this.#hasSound, ...CAMERA, layers: LAYERS });
  }

  async sendsAllLayers(): Promise<void> {
    const readHeights = () =>
      this.#publisher?.evaluate(async () => {
        const streams = (await globalThis.janus?.connection.getStats()) ?? new Map();
        return [...streams.values()]
          .filter(({ type, kind }) => type === 'outbound-rtp' && kind === 'video')
          .map(({ frameHeight }) => frameHeight);
      }, undefined) ?? [];
    await waitUntil('all layers are sent', readHeights, (heights) => heights.includes(CAMERA.height), SENT_WITHIN_MS);
  }

  async watch(): Promise<CallViewer> {
    const page = await this.#openPage(this.viewerAccess.initScript);
    const askedAtMs = Date.now();
    await page.evaluate(watchOnJanus, { room: ROOM });
    return new JanusViewer(page, askedAtMs);
  }

  async close(): Promise<void> {
    await this.#chromium.close();
    await this.#site.close();
    await this.#janus.close();
    await Promise.all([this.publisherAccess.close(), this.viewerAccess.close()]);
  }

  async #openPage(initScript: string): Promise<ChromiumPage> {
    const page = await this.#chromium.openPage(this.#site.origin, { initScript });
    await page.evaluateText(`import(${JSON.stringify(KIT_PATH)}).then(() => undefined)`);
    await page.evaluate(attachInPage, { url: this.#janus.url });
    return page;
  }
}

class JanusViewer implements CallViewer {
  readonly #page: ChromiumPage;
  readonly askedAtMs: number;

  constructor(page: ChromiumPage, askedAtMs: number) {
    this.#page = page;
    this.askedAtMs = askedAtMs;
  }

  frames(): Promise<readonly (readonly SeenFrame[])[]> {
    return this.#page.evaluate(() => Object.values(globalThis.seenFrames ?? {}), undefined);
  }

  async bytesReceived(): Promise<number> {
    const streams = await this.#page.evaluate(() => kit.readInbound(globalThis.janus?.connection as RTCPeerConnection), undefined);
    return streams.reduce((sum, stream) => sum + stream.bytesReceived, 0);
  }

  sound(): Promise<SoundFigures> {
    return readSound(this.#page, 'globalThis.janus.connection');
  }

  pass(seconds: number): Promise<void> {
    return sleep(1000 * seconds);
  }
}

/** Janus gives either of its ports to a peer connection, so there is a proxy in front of each, one of which carries nothing. */
async function openAccess(name: string, { address, mediaPorts }: JanusServer): Promise<NarrowAccess> {
  const open = async (port: number) => openNarrowAccess(name, { address: LOOPBACK, port: await findFreePort('udp') }, port, address);
  const both = [await open(mediaPorts[0]), await open(mediaPorts[1])] as const;
  return {
    initScript: both[0].initScript + both[1].initScript,
    impair: async (direction, impairment) => {
      for (const access of both) await access.impair(direction, impairment);
    },
    read: async (direction) => {
      const [one, other] = [await both[0].read(direction), await both[1].read(direction)];
      return one.waitMs >= other.waitMs ? one : other;
    },
    close: async () => {
      for (const access of both) await access.close();
    },
  };
}
