/** Difficult paths, and what a viewer must see on them. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestBrowser } from '@causeway/e2e';
import { watchBesideDownload } from './beside-download.ts';
import { savePlot } from './call-plot.ts';
import {
  concealedPercent,
  framesPerSecond,
  jitterBufferMs,
  longestGapMs,
  msUntil,
  msUntilMoving,
  type SeenFrame,
  usualHeight,
} from './figures.ts';
import { forceSwitches } from './forced-switches.ts';
import { JanusCall } from './janus/janus-call.ts';
import { watchMarkedPath } from './marked-path.ts';
import type { Measure } from './measure.ts';
import type { CallViewer, QualityCall } from './quality-call.ts';
import { type CallOptions, WatchedCall } from './watched-call.ts';

/** Half of a round trip of 50 ms. */
const DELAY_MS = 25;
const BEST_HEIGHT = 540;
const SETTLING_SECONDS = 8;

export interface QualityOptions {
  /** Called with a line for each of the node's estimates of the viewer's path, and for each change of layer. */
  readonly onTrace: ((line: string) => void) | undefined;
  /** How many layers are requested one after another, in scenarios about switches. */
  readonly switches: number;
  /** The folder for pictures of the calls; undefined if none are saved. */
  readonly plotFolder: string | undefined;
}

export interface QualityScenario {
  readonly name: string;
  readonly what: string;
  /** Whether there is one viewer whose path can be drawn. */
  readonly isDrawn: boolean;
  run(options: QualityOptions): Promise<readonly Measure[]>;
  /** Runs the scenario through Janus; undefined if Janus has no such call. */
  readonly runOnJanus: (() => Promise<readonly Measure[]>) | undefined;
}

export const QUALITY_SCENARIOS: readonly QualityScenario[] = [
  inCall('step', '4 Mbit/s, then 500 kbit/s, then 4 Mbit/s', runStep),
  inCall('join-narrow', 'joins at 400 kbit/s', (call) => runJoin(call, 400_000)),
  inCall('join-wide', 'joins at 5 Mbit/s', (call) => runJoin(call, 5_000_000)),
  inCall('two-tracks', 'two tracks over 1 Mbit/s', runTwoTracks, { isOnJanus: false }),
  inCall('sound-600', 'sound beside a picture over 600 kbit/s', (call) => runSound(call, 600_000), { hasSound: true }),
  inCall('sound-300', 'sound beside a picture over 300 kbit/s', (call) => runSound(call, 300_000), { hasSound: true }),
  inCall('sound-loss-5', 'sound beside a picture over a path that loses 5%', (call) => runSound(call, 4_000_000, 0.05), { hasSound: true }),
  inCall('vp9', 'VP9 L3T3_KEY over 350 kbit/s', (call) => runNarrow(call, 350_000, 12), svc('vp9')),
  inCall('av1', 'AV1 L3T3_KEY over 350 kbit/s', (call) => runNarrow(call, 350_000, 7), svc('av1')),
  besideDownload('beside-download', 'cubic'),
  besideDownload('beside-bbr', 'bbr'),
  {
    name: 'marks',
    what: 'a path that marks what exceeds 1 Mbit/s, and reports by RFC 8888',
    isDrawn: false,
    runOnJanus: undefined,
    run: ({ onTrace }) => watchMarkedPath(onTrace),
  },
  inCall('loss-5', '5% loss, 100 ms round trip', (call) => runLoss(call, 0.05)),
  inCall('loss-10', '10% loss, 100 ms round trip', (call) => runLoss(call, 0.1)),
  switching('chromium'),
  switching('firefox'),
  inCall('uplink', 'publisher’s uplink of 600 kbit/s', runUplink),
];

function besideDownload(name: string, congestionControl: 'cubic' | 'bbr'): QualityScenario {
  return {
    name,
    what: `three viewers and a download with ${congestionControl} over 4 Mbit/s`,
    isDrawn: false,
    runOnJanus: undefined,
    run: ({ onTrace }) => watchBesideDownload(congestionControl, onTrace),
  };
}

function svc(name: 'vp9' | 'av1'): CallOptions & { readonly isOnJanus: false } {
  return { codec: { name, scalabilityMode: 'L3T3_KEY' }, isOnJanus: false };
}

function switching(viewer: TestBrowser['name']): QualityScenario {
  return {
    name: `switches-${viewer}`,
    what: `layers that ${viewer} asks for one after the other`,
    isDrawn: false,
    runOnJanus: undefined,
    run: ({ onTrace, switches }) => forceSwitches(viewer, switches, { onTrace }),
  };
}

type Scene = (call: QualityCall) => Promise<readonly Measure[]>;

/** Returns a scenario with one publisher and one viewer. The publisher's path has a delay, but no other impairment. */
function inCall(name: string, what: string, scene: Scene, callOptions: CallOptions & { readonly isOnJanus?: false } = {}): QualityScenario {
  const { isOnJanus = true, ...options } = callOptions;
  return {
    name,
    what,
    isDrawn: true,
    async run({ onTrace, plotFolder }) {
      const call = await WatchedCall.open({ ...options, onTrace, isRecorded: plotFolder !== undefined });
      return play(call, scene, async () => {
        if (plotFolder === undefined) return;
        await mkdir(plotFolder, { recursive: true });
        await savePlot(join(plotFolder, `${name}.png`), await call.record(`${name}: ${what}`));
      });
    },
    runOnJanus: isOnJanus ? async () => play(await JanusCall.open(options), scene) : undefined,
  };
}

/** @param then is called before the call is closed */
async function play(call: QualityCall, scene: Scene, then?: () => Promise<void>): Promise<readonly Measure[]> {
  try {
    await call.publisherAccess.impair('up', { delayMs: 5 });
    await call.publisherAccess.impair('down', { delayMs: 5 });
    await call.viewerAccess.impair('up', { delayMs: DELAY_MS });
    const measures = await scene(call);
    await then?.();
    return measures;
  } finally {
    await call.close();
  }
}

async function runStep(call: QualityCall): Promise<readonly Measure[]> {
  const narrowTo = (rateBps: number) => call.viewerAccess.impair('down', { rateBps, delayMs: DELAY_MS });
  await narrowTo(4_000_000);
  const viewer = await settled(call);
  await call.sendsAllLayers();
  await viewer.pass(10);
  const narrowMs = Date.now();
  call.trace?.note('narrow');
  await narrowTo(500_000);
  await viewer.pass(20);
  const wideMs = Date.now();
  call.trace?.note('wide');
  await narrowTo(4_000_000);
  await viewer.pass(20);
  const endMs = Date.now();
  const frames = await firstTrack(viewer);
  return [
    { what: 'before: frames', value: framesPerSecond(frames, narrowMs - 4000, narrowMs), unit: 'fps' },
    { what: 'before: height', value: usualHeight(frames, narrowMs - 4000, narrowMs), unit: 'lines' },
    { what: 'narrow: longest gap of the first 5 s', value: longestGapMs(frames, narrowMs, narrowMs + 5000), unit: 'ms' },
    { what: 'narrow: a moving picture again after', value: msUntilMoving(frames, narrowMs, 500), unit: 'ms', bound: { atMost: 1500 } },
    { what: 'narrow: frames', value: framesPerSecond(frames, narrowMs + 2000, wideMs), unit: 'fps', bound: { atLeast: 12 } },
    { what: 'narrow: longest gap', value: longestGapMs(frames, narrowMs + 2000, wideMs), unit: 'ms', bound: { atMost: 500 } },
    { what: 'narrow: height', value: usualHeight(frames, narrowMs + 2000, wideMs), unit: 'lines' },
    { what: 'wide: best layer newly decoded after', value: msUntil(frames, wideMs, BEST_HEIGHT), unit: 'ms', bound: { atMost: 8000 } },
    { what: 'wide: longest gap', value: longestGapMs(frames, wideMs, endMs), unit: 'ms', bound: { atMost: 500 } },
  ];
}

async function runJoin(call: QualityCall, rateBps: number): Promise<readonly Measure[]> {
  await call.viewerAccess.impair('down', { rateBps, delayMs: DELAY_MS });
  await call.publish();
  await call.sendsAllLayers();
  await sleepSeconds(SETTLING_SECONDS);
  const viewer = await call.watch();
  await viewer.pass(15);
  const endMs = Date.now();
  const frames = await firstTrack(viewer);
  const isNarrow = rateBps < 1_000_000;
  const firstMs = msUntil(frames, viewer.askedAtMs);
  const bestMs = msUntil(frames, viewer.askedAtMs, BEST_HEIGHT);
  return [
    { what: 'first frame after', value: firstMs, unit: 'ms', bound: { atMost: isNarrow ? 2000 : 500 } },
    { what: 'best layer after', value: bestMs, unit: 'ms', ...(!isNarrow && { bound: { atMost: 500 } }) },
    { what: 'frames', value: framesPerSecond(frames, viewer.askedAtMs + 2000, endMs), unit: 'fps', bound: { atLeast: 12 } },
    { what: 'longest gap', value: longestGapMs(frames, viewer.askedAtMs + firstMs, endMs), unit: 'ms' },
    { what: 'height', value: usualHeight(frames, viewer.askedAtMs + 2000, endMs), unit: 'lines' },
  ];
}

async function runTwoTracks(call: QualityCall): Promise<readonly Measure[]> {
  await call.viewerAccess.impair('down', { rateBps: 1_000_000, delayMs: DELAY_MS });
  const viewer = await settled(call, 2);
  const bytesBefore = await viewer.bytesReceived();
  await viewer.pass(15);
  const kilobits = (8 * ((await viewer.bytesReceived()) - bytesBefore)) / 15_000;
  const endMs = Date.now();
  const tracks = await viewer.frames();
  const together: Measure = { what: 'together', value: kilobits, unit: 'kbit/s', bound: { atLeast: 500 } };
  const each = tracks.flatMap((frames, index): Measure[] => [
    { what: `track ${index + 1}: frames`, value: framesPerSecond(frames, endMs - 15_000, endMs), unit: 'fps', bound: { atLeast: 12 } },
    { what: `track ${index + 1}: longest gap`, value: longestGapMs(frames, endMs - 15_000, endMs), unit: 'ms' },
    { what: `track ${index + 1}: height`, value: usualHeight(frames, endMs - 15_000, endMs), unit: 'lines' },
  ]);
  return [...each, together];
}

async function runSound(call: QualityCall, rateBps: number, lossRatio = 0): Promise<readonly Measure[]> {
  await call.viewerAccess.impair('down', { rateBps, delayMs: DELAY_MS, lossRatio });
  const viewer = await settled(call);
  const before = await viewer.sound();
  await viewer.pass(20);
  const after = await viewer.sound();
  const endMs = Date.now();
  const frames = await firstTrack(viewer);
  const isWider = rateBps >= 600_000;
  return [
    { what: 'concealed', value: concealedPercent(before, after), unit: '%', bound: { atMost: isWider ? 0.4 : 2 } },
    { what: 'jitter buffer', value: jitterBufferMs(before, after), unit: 'ms', bound: { atMost: isWider ? 175 : 290 } },
    { what: 'frames', value: framesPerSecond(frames, endMs - 20_000, endMs), unit: 'fps', bound: { atLeast: 10 } },
    { what: 'height', value: usualHeight(frames, endMs - 20_000, endMs), unit: 'lines' },
  ];
}

async function runNarrow(call: QualityCall, rateBps: number, leastFrames: number): Promise<readonly Measure[]> {
  const narrowTo = (bps: number) => call.viewerAccess.impair('down', { rateBps: bps, delayMs: DELAY_MS });
  await narrowTo(4_000_000);
  const viewer = await settled(call);
  const narrowMs = Date.now();
  call.trace?.note('narrow');
  await narrowTo(rateBps);
  await viewer.pass(20);
  const wideMs = Date.now();
  call.trace?.note('wide');
  await narrowTo(4_000_000);
  await viewer.pass(15);
  const frames = await firstTrack(viewer);
  return [
    { what: 'before: frames', value: framesPerSecond(frames, narrowMs - 4000, narrowMs), unit: 'fps' },
    { what: 'narrow: frames', value: framesPerSecond(frames, narrowMs + 2000, wideMs), unit: 'fps', bound: { atLeast: leastFrames } },
    { what: 'narrow: longest gap', value: longestGapMs(frames, narrowMs + 2000, wideMs), unit: 'ms', bound: { atMost: 500 } },
    { what: 'wide: best layer newly decoded after', value: msUntil(frames, wideMs, BEST_HEIGHT), unit: 'ms', bound: { atMost: 10_000 } },
  ];
}

async function runLoss(call: QualityCall, lossRatio: number): Promise<readonly Measure[]> {
  await call.viewerAccess.impair('down', { rateBps: 4_000_000, delayMs: 50, lossRatio });
  await call.viewerAccess.impair('up', { delayMs: 50, lossRatio });
  const viewer = await settled(call);
  const fromMs = Date.now();
  await viewer.pass(60);
  const endMs = Date.now();
  const frames = await firstTrack(viewer);
  const times = frames.filter(({ atMs }) => atMs >= fromMs).map(({ atMs }) => atMs);
  const freezes = times.filter((atMs, index) => atMs - (times[index - 1] ?? atMs) > 500).length;
  return [
    { what: 'freezes over 500 ms in a minute', value: freezes, unit: '', bound: { atMost: 1 } },
    { what: 'frames', value: framesPerSecond(frames, fromMs, endMs), unit: 'fps' },
    { what: 'longest gap', value: longestGapMs(frames, fromMs, endMs), unit: 'ms' },
    { what: 'height', value: usualHeight(frames, fromMs, endMs), unit: 'lines' },
  ];
}

async function runUplink(call: QualityCall): Promise<readonly Measure[]> {
  await call.viewerAccess.impair('down', { rateBps: 5_000_000, delayMs: DELAY_MS });
  await call.publisherAccess.impair('up', { rateBps: 600_000, delayMs: DELAY_MS });
  const viewer = await settled(call);
  await viewer.pass(20);
  const endMs = Date.now();
  const frames = await firstTrack(viewer);
  return [
    { what: 'frames', value: framesPerSecond(frames, endMs - 20_000, endMs), unit: 'fps', bound: { atLeast: 9 } },
    { what: 'longest gap', value: longestGapMs(frames, endMs - 20_000, endMs), unit: 'ms', bound: { atMost: 1000 } },
    { what: 'height', value: usualHeight(frames, endMs - 20_000, endMs), unit: 'lines' },
  ];
}

/** Starts a call and returns its viewer once the call has run for a while. */
async function settled(call: QualityCall, tracks = 1): Promise<CallViewer> {
  await call.publish(tracks);
  await sleepSeconds(SETTLING_SECONDS / 2);
  const viewer = await call.watch();
  await viewer.pass(SETTLING_SECONDS);
  return viewer;
}

async function firstTrack(viewer: CallViewer): Promise<readonly SeenFrame[]> {
  return (await viewer.frames())[0] ?? [];
}

function sleepSeconds(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
}
