/** Holds a call in the node's namespace, with viewers in another, and a download or marks on the way to them. */
import { execFile, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  type BlankSite,
  type ChromiumBrowser,
  findProgram,
  launchChromium,
  type SfuAccess,
  startBlankSite,
  type TestPage,
} from '@causeway/e2e';
import { answerQuestions } from '@causeway/lab';
import { NODE_ADDRESSES } from '../room/namespace-room.ts';
import { CAMERA_SCRIPT } from './camera-script.ts';
import type { SharedAccessVerbs } from './shared-access-verbs.ts';
import { type Viewer, WatchedCall } from './watched-call.ts';

const ADDRESS = NODE_ADDRESSES.ipv4;
/** The viewers are alone first. Then the download starts, which overruns everything at first. */
const SETTLING_MS = 15_000;
const WATCHED_SECONDS = 60;
const MARKED_SECONDS = 30;
/** Has Chromium offer RFC 8888. */
const REPORTS_BY_STREAM = '--force-fieldtrials=WebRTC-RFC8888CongestionControlFeedback/Enabled,offer:true';
const OF_A_PUBLISHER = [
  'packetsSent',
  'packetsSentWithEct1',
  'packetsReceivedWithEct1',
  'packetsReceivedWithCe',
  'packetsWithBleachedEct1Marking',
];
const OF_A_VIEWER = ['packetsReceived', 'packetsReceivedWithEct1', 'packetsReceivedWithCe', 'packetsLost', 'frameHeight'];

answerQuestions<SharedAccessVerbs>(process, {
  async shareAccess({ viewers: count, viewerCommand, isTraced }) {
    const { site, chromium, close } = await openChromium(viewerCommand);
    const { call, access } = await openCall(isTraced);
    try {
      await call.publish();
      await call.sendsAllLayers();
      const viewers: Viewer[] = [];
      for (let index = 0; index < count; index++) viewers.push(await call.watch(await chromium.openPage(site.origin), access));
      await sleep(SETTLING_MS);
      const download = await startDownload(viewerCommand);
      await sleep(SETTLING_MS);
      const [before, downloadedBefore] = [await received(viewers), download.bytesReceived()];
      await sleep(1000 * WATCHED_SECONDS);
      const [after, downloaded] = [await received(viewers), download.bytesReceived()];
      const congestionControl = await download.congestionControl();
      download.stop();
      return {
        viewersKbps: after.map((bytes, index) => kbps(bytes - (before[index] ?? 0), WATCHED_SECONDS)),
        downloadKbps: kbps(downloaded - downloadedBefore, WATCHED_SECONDS),
        congestionControl,
      };
    } finally {
      await call.close();
      await close();
    }
  },

  async watchMarked({ clientCommand, isTraced }) {
    const { site, chromium, close } = await openChromium(clientCommand, REPORTS_BY_STREAM);
    const { call, access } = await openCall(isTraced);
    try {
      const page = await chromium.openPage(site.origin, { initScript: CAMERA_SCRIPT });
      await call.publish(1, { page, access });
      await call.sendsAllLayers();
      const viewerPage = await chromium.openPage(site.origin);
      const viewer = await call.watch(viewerPage, access);
      await sleep(SETTLING_MS);
      const [before = 0] = await received([viewer]);
      await sleep(1000 * MARKED_SECONDS);
      const [after = 0] = await received([viewer]);
      return {
        viewerKbps: kbps(after - before, MARKED_SECONDS),
        publisher: await sumStats(page, 'alice', OF_A_PUBLISHER),
        viewer: await sumStats(viewerPage, 'viewer1', OF_A_VIEWER),
      };
    } finally {
      await call.close();
      await close();
    }
  },
});

interface OpenedChromium {
  readonly site: BlankSite;
  readonly chromium: ChromiumBrowser;
  close(): Promise<void>;
}

/** @param command runs the command behind it in the other namespace */
async function openChromium(command: readonly string[], ...flags: readonly string[]): Promise<OpenedChromium> {
  const folder = await mkdtemp(join(tmpdir(), 'causeway-viewers-'));
  const program = join(folder, 'chromium');
  await writeFile(program, `#!/bin/sh\nexec ${command.join(' ')} ${findProgram('chromium')} "$@"\n`);
  await chmod(program, 0o755);
  const site = await startBlankSite(ADDRESS);
  const chromium = await launchChromium({ program, arguments: [`--unsafely-treat-insecure-origin-as-secure=${site.origin}`, ...flags] });
  return {
    site,
    chromium,
    async close() {
      await chromium.close();
      await site.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function openCall(isTraced: boolean): Promise<{ readonly call: WatchedCall; readonly access: SfuAccess }> {
  const call = await WatchedCall.open(isTraced ? { onTrace: (line) => process.stdout.write(`${line}\n`) } : {});
  return { call, access: { ...call.access, host: call.access.host.replace('127.0.0.1', ADDRESS) } };
}

/** Adds up Chromium's statistics of all streams of a participant. Those that it does not have are left out. */
async function sumStats(page: TestPage, name: string, keys: readonly string[]): Promise<Record<string, number>> {
  const sums = await page.evaluateText(`kit.peer(${JSON.stringify(name)}).connection.getStats().then((report) => {
    const sums = {};
    for (const stats of report.values())
      for (const key of ${JSON.stringify(keys)}) if (typeof stats[key] === 'number') sums[key] = (sums[key] ?? 0) + stats[key];
    return sums;
  })`);
  return sums as Record<string, number>;
}

function received(viewers: readonly Viewer[]): Promise<number[]> {
  return Promise.all(viewers.map((viewer) => viewer.bytesReceived()));
}

/** A TCP connection that takes what it can get until it is closed. */
async function startDownload([program = '', ...command]: readonly string[]): Promise<Download> {
  const server = createServer((_request, response) => {
    Readable.from(endlessZeros()).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, ADDRESS, resolve));
  const { port } = server.address() as AddressInfo;
  const curl = spawn(program, [...command, 'curl', '-s', '-N', `http://${ADDRESS}:${port}/`], { stdio: ['ignore', 'pipe', 'inherit'] });
  let bytes = 0;
  curl.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  return {
    bytesReceived: () => bytes,
    congestionControl: () => readCongestionControl(port),
    stop() {
      curl.kill();
      server.closeAllConnections();
      server.close();
    },
  };
}

interface Download {
  bytesReceived(): number;
  /** What it obeys, by its name in the kernel. */
  congestionControl(): Promise<string>;
  stop(): void;
}

/** Reads it from the connection: routes, namespaces and sockets may each have chosen another. */
async function readCongestionControl(localPort: number): Promise<string> {
  const { stdout } = await promisify(execFile)('ss', ['-Htin', 'state', 'established', `( sport = :${localPort} )`]);
  const [, name] = /\n\s+(\w+)/.exec(stdout) ?? [];
  if (name === undefined) throw new Error(`The download has no connection: ${stdout}`);
  return name;
}

function* endlessZeros(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(65_536);
}

function kbps(bytes: number, seconds: number): number {
  return (8 * bytes) / 1000 / seconds;
}

process.once('disconnect', () => process.exit());
