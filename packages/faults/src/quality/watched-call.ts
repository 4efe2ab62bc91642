/** One publisher and one viewer in Chromium, each behind a path of its own, and what the viewer sees. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type ChromiumPage, joinCall, openStage, type Participant, type SfuAccess, type Stage, type TestPage } from '@causeway/e2e';
import { findFreePort, waitUntil } from '@causeway/lab';
import type { CallRecord } from './call-plot.ts';
import { CallTrace } from './call-trace.ts';
import { CAMERA_SCRIPT } from './camera-script.ts';
import type { SeenFrame, SoundFigures } from './figures.ts';
import { type NarrowAccess, openNarrowAccess } from './narrow-access.ts';
import { PathSampler } from './path-samples.ts';
import { CAMERA, type CallViewer, LAYERS, type QualityCall, readSound } from './quality-call.ts';

const LOOPBACK = '127.0.0.1';
/** A call into the page may take three minutes. The number is even, so the best layer is the last of each call. */
const SWITCHES_PER_CALL = 200;

export interface CallOptions {
  /** The codec of the picture. Default: VP8 in three layers of 150, 600 and 1750 kbit/s. */
  readonly codec?: { readonly name: 'vp9' | 'av1'; readonly scalabilityMode: string };
  readonly hasSound?: boolean;
  /** Called with a line for each of the node's estimates of the viewer's path. Default: not called. */
  readonly onTrace?: ((line: string) => void) | undefined;
  /** Whether the call will be drawn afterwards. Default: false. */
  readonly isRecorded?: boolean;
}

/** The name of the best layer of the picture in the SDP. */
export const BEST_RID = 'f';

interface SwitchRequest {
  readonly name: string;
  readonly switches: number;
  readonly withinMs: number;
  readonly remoteSessionId: string;
  readonly remoteTrackId: string;
}

interface Published {
  readonly sessionId: string;
  readonly trackId: string;
  readonly kind: string;
}

export class WatchedCall implements QualityCall {
  readonly #stage: Stage;
  readonly publisherAccess: NarrowAccess;
  readonly viewerAccess: NarrowAccess;
  readonly #options: CallOptions;
  readonly trace: CallTrace | undefined;
  readonly #sampler: PathSampler | undefined;
  #published: readonly Published[] = [];
  #publisher: Participant | undefined;
  readonly #viewers: Viewer[] = [];

  private constructor(
    stage: Stage,
    [publisherAccess, viewerAccess]: readonly [NarrowAccess, NarrowAccess],
    options: CallOptions,
    debugPort: number,
  ) {
    this.#stage = stage;
    this.publisherAccess = publisherAccess;
    this.viewerAccess = viewerAccess;
    this.#options = options;
    const trace = options.onTrace && new CallTrace(stage.daemon.access, options.onTrace);
    this.trace = trace;
    if (trace === undefined && options.isRecorded !== true) return;
    this.#sampler = new PathSampler(debugPort, viewerAccess, (sample) => trace?.noteSample(sample));
  }

  static async open(options: CallOptions = {}): Promise<WatchedCall> {
    const debugPort = await findFreePort('tcp');
    const stage = await openStage({ CAUSEWAY_DEBUG_PORT: String(debugPort) });
    const { udpPort } = stage.daemon;
    const publisherAccess = await openNarrowAccess('publisher', { address: LOOPBACK, port: await findFreePort('udp') }, udpPort);
    const viewerAccess = await openNarrowAccess('viewer', { address: LOOPBACK, port: await findFreePort('udp') }, udpPort);
    return new WatchedCall(stage, [publisherAccess, viewerAccess], options, debugPort);
  }

  /**
   * Publishes cameras.
   *
   * @param tracks how many
   * @param from a page that has run `CAMERA_SCRIPT` and reaches the node directly, and how it reaches the API. Default: a tab of Chromium
   *   behind `publisherAccess`
   */
  async publish(tracks = 1, from?: { readonly page: ChromiumPage; readonly access: SfuAccess }): Promise<void> {
    const page = from?.page ?? (await this.#stage.openPage({ initScript: this.publisherAccess.initScript + CAMERA_SCRIPT }));
    const alice = await joinCall(page, 'alice', { access: from?.access ?? this.access });
    const request = {
      name: 'alice',
      tracks,
      options: { codec: this.#options.codec, hasSound: this.#options.hasSound === true },
      camera: CAMERA,
      layers: LAYERS,
    };
    this.#published = await alice.page.evaluate(publishInPage, request);
    this.#publisher = alice;
  }

  /** Waits until every layer of the picture is sent in its full size, for which a busy browser takes its time. */
  async sendsAllLayers(): Promise<void> {
    const sent = async () => (await this.#publisher?.readOutbound())?.filter(({ kind }) => kind === 'video') ?? [];
    const { height: best } = CAMERA;
    const heights = this.#options.codec === undefined ? [best / 4, best / 2, best] : [best];
    await waitUntil(
      'all layers are sent',
      sent,
      (streams) => heights.every((height) => streams.some(({ frameHeight }) => frameHeight === height)),
      40_000,
    );
  }

  /** The origin at which a page of another browser than Chromium may be opened. */
  get site(): string {
    return this.#stage.site.origin;
  }

  /** The track that is watched first, as a subscriber names it. */
  get firstTrack(): { readonly remoteSessionId: string; readonly remoteTrackId: string } {
    const [track] = this.#published;
    if (track === undefined) throw new Error('nothing is published yet');
    return { remoteSessionId: track.sessionId, remoteTrackId: track.trackId };
  }

  /** Returns how often the publisher was asked for a keyframe of a layer. */
  async keyframeRequests(wantedRid: string): Promise<number> {
    return (await this.#publisher?.readOutbound())?.find(({ rid }) => rid === wantedRid)?.pliCount ?? 0;
  }

  /** How the API is reached from the node's machine. */
  get access(): SfuAccess {
    return this.#stage.daemon.access;
  }

  /**
   * Lets a viewer join and watch everything.
   *
   * @param openedPage of a browser that reaches the node directly. Default: a tab of Chromium behind `viewerAccess`
   * @param access how that page reaches the API. Default: as this process does
   */
  async watch(openedPage?: TestPage, access = this.access): Promise<Viewer> {
    const page = openedPage ?? (await this.#stage.openPage({ initScript: this.viewerAccess.initScript }));
    const name = `viewer${this.#viewers.length + 1}`;
    const receive = this.#published.map(({ kind }) => kind as 'audio' | 'video');
    const participant = await joinCall(page, name, { receive, access });
    const askedAtMs = Date.now();
    const results = await participant.subscribe(...this.#published);
    const mids = results.flatMap(({ mid, trackKind }) => (mid === undefined ? [] : [{ mid, kind: trackKind ?? '' }]));
    await participant.page.evaluate(recordInPage, { name, mids: mids.filter(({ kind }) => kind === 'video').map(({ mid }) => mid) });
    const viewer = new Viewer(participant, askedAtMs);
    this.#viewers.push(viewer);
    return viewer;
  }

  /** Returns what happened on the path of the first viewer, and what it saw of its first track. */
  async record(title: string): Promise<CallRecord> {
    const [frames = []] = (await this.#viewers[0]?.frames()) ?? [];
    return { title, samples: this.#sampler?.samples ?? [], frames };
  }

  async close(): Promise<void> {
    this.trace?.close();
    this.#sampler?.close();
    await this.#stage.close();
    await Promise.all([this.publisherAccess.close(), this.viewerAccess.close()]);
  }
}

export class Viewer implements CallViewer {
  readonly #participant: Participant;
  /** When the viewer asked for the tracks. */
  readonly askedAtMs: number;

  constructor(participant: Participant, askedAtMs: number) {
    this.#participant = participant;
    this.askedAtMs = askedAtMs;
  }

  /** All frames so far, by track. */
  frames(): Promise<readonly (readonly SeenFrame[])[]> {
    return this.#participant.page.evaluate(() => Object.values(globalThis.seenFrames ?? {}), undefined);
  }

  /** How often the viewer has reported so far that it cannot decode the first track. */
  async picture(): Promise<{ readonly pictureLosses: number }> {
    const video = (await this.#participant.readInbound()).find(({ kind }) => kind === 'video');
    return { pictureLosses: video?.pliCount ?? 0 };
  }

  /** Payload bytes that have arrived on all media lines so far, including retransmitted ones. */
  async bytesReceived(): Promise<number> {
    return (await this.#participant.readInbound()).reduce((sum, stream) => sum + stream.bytesReceived, 0);
  }

  /** Asks for the lowest and the best layer in turns, each time after the previous one was seen. */
  async switchLayers({ switches, ...request }: Omit<SwitchRequest, 'name'>): Promise<{ readonly missed: number }> {
    let missed = 0;
    for (let left = switches; left > 0; left -= SWITCHES_PER_CALL) {
      const some = { name: this.#participant.name, ...request, switches: Math.min(left, SWITCHES_PER_CALL) };
      missed += (await this.#participant.page.evaluate(switchInPage, some)).missed;
    }
    return { missed };
  }

  sound(): Promise<SoundFigures> {
    return readSound(this.#participant.page, `kit.peer(${JSON.stringify(this.#participant.name)}).connection`);
  }

  async pass(seconds: number): Promise<void> {
    await sleep(1000 * seconds);
  }
}

declare global {
  // What the functions below leave in the page.
  var seenFrames: Record<string, SeenFrame[]> | undefined;
  var createCamera: (width: number, height: number, framesPerSecond: number) => MediaStreamTrack;
}

/** This function runs in the publisher's page. */
async function publishInPage(request: {
  readonly name: string;
  readonly tracks: number;
  readonly options: { readonly codec: CallOptions['codec']; readonly hasSound: boolean };
  readonly camera: typeof CAMERA;
  readonly layers: typeof LAYERS;
}): Promise<Published[]> {
  const { name, tracks, options, camera, layers } = request;
  const peer = kit.peer(name);
  const transceivers: RTCRtpTransceiver[] = [];
  for (let index = 0; index < tracks; index++) {
    const track = createCamera(camera.width, camera.height, camera.framesPerSecond);
    const { codec } = options;
    const sendEncodings =
      codec === undefined ? [...layers] : [{ scalabilityMode: codec.scalabilityMode, maxBitrate: 2_500_000 } as RTCRtpEncodingParameters];
    const transceiver = peer.connection.addTransceiver(track, {
      direction: 'sendonly',
      streams: [new MediaStream([track])],
      sendEncodings,
    });
    const wanted = `video/${codec?.name ?? 'vp8'}`;
    const codecs = RTCRtpSender.getCapabilities('video')?.codecs.filter(({ mimeType }) => mimeType.toLowerCase() === wanted) ?? [];
    transceiver.setCodecPreferences(codecs);
    transceivers.push(transceiver);
  }
  if (options.hasSound) {
    const track = await kit.createLocalTrack({ kind: 'microphone' });
    transceivers.push(peer.connection.addTransceiver(track, { direction: 'sendonly', streams: [new MediaStream([track])] }));
  }
  const sessionDescription = await peer.makeOffer();
  const asked = transceivers.map(({ mid, sender }) => ({ mid: mid ?? '', trackId: sender.track?.id ?? '' }));
  const reply = await peer.callSession<{
    sessionDescription: RTCSessionDescriptionInit;
    tracks: { trackId: string }[];
  }>('POST', '/track/publish', { tracks: asked, sessionDescription });
  await peer.connection.setRemoteDescription(reply.sessionDescription);
  return reply.tracks.map(({ trackId }, index) => ({
    sessionId: peer.sessionId,
    trackId,
    kind: transceivers[index]?.sender.track?.kind ?? '',
  }));
}

/** Notes every frame that is presented on these media lines. This function runs in the viewer's page. */
async function recordInPage({ name, mids }: { readonly name: string; readonly mids: readonly string[] }): Promise<void> {
  globalThis.seenFrames = {};
  const seen = globalThis.seenFrames;
  for (const mid of mids) {
    const { track } = await kit.peer(name).reception(mid);
    const video = [...document.querySelectorAll('video')].find(({ srcObject }) => (srcObject as MediaStream).getTracks().includes(track));
    if (video === undefined) throw new Error(`nothing plays mid ${mid}`);
    const frames: SeenFrame[] = [];
    seen[mid] = frames;
    const note: VideoFrameRequestCallback = (now, { height }) => {
      frames.push({ atMs: performance.timeOrigin + now, height });
      video.requestVideoFrameCallback(note);
    };
    video.requestVideoFrameCallback(note);
  }
}

/** This function runs in the viewer's page. The lowest layer is a quarter as high as the best. */
async function switchInPage(request: SwitchRequest): Promise<{ missed: number }> {
  const { name, switches, withinMs, remoteSessionId, remoteTrackId } = request;
  const [[mid, frames] = ['', []]] = Object.entries(globalThis.seenFrames ?? {});
  let missed = 0;
  const bestHeight = Math.max(...frames.map(({ height }) => height));
  for (let count = 0; count < switches; count++) {
    const wantsBest = count % 2 === 1;
    const simulcast = { preferredRid: wantsBest ? 'f' : 'q' };
    await kit.peer(name).callSession('PUT', '/track/update', { tracks: [{ mid, remoteSessionId, remoteTrackId, simulcast }] });
    const deadlineMs = performance.now() + withinMs;
    const isSeen = () => frames.at(-1)?.height === (wantsBest ? bestHeight : bestHeight / 4);
    while (!isSeen() && performance.now() < deadlineMs) await new Promise((resolve) => setTimeout(resolve, 10));
    if (!isSeen()) missed++;
  }
  return { missed };
}
