/** Holds a call in the node's namespace, with viewers and a download in another. */
import { execFile, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findProgram, launchChromium, startBlankSite } from '@causeway/e2e';
import { answerQuestions } from '@causeway/lab';
import { NODE_ADDRESSES } from '../room/namespace-room.ts';
import type { SharedAccessVerbs } from './shared-access-verbs.ts';
import { type Viewer, WatchedCall } from './watched-call.ts';

const ADDRESS = NODE_ADDRESSES.ipv4;
/** The viewers are alone first. Then the download starts, which overruns everything at first. */
const SETTLING_MS = 15_000;
const WATCHED_SECONDS = 60;

answerQuestions<SharedAccessVerbs>(process, {
  async shareAccess({ viewers: count, viewerCommand, isTraced }) {
    const folder = await mkdtemp(join(tmpdir(), 'causeway-viewers-'));
    const program = join(folder, 'chromium');
    await writeFile(program, `#!/bin/sh\nexec ${viewerCommand.join(' ')} ${findProgram('chromium')} "$@"\n`);
    await chmod(program, 0o755);
    const site = await startBlankSite(ADDRESS);
    const chromium = await launchChromium({ program, arguments: [`--unsafely-treat-insecure-origin-as-secure=${site.origin}`] });
    const call = await WatchedCall.open(isTraced ? { onTrace: (line) => process.stdout.write(`${line}\n`) } : {});
    const access = { ...call.access, host: call.access.host.replace('127.0.0.1', ADDRESS) };
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
        viewersKbps: after.map((bytes, index) => kbps(bytes - (before[index] ?? 0))),
        downloadKbps: kbps(downloaded - downloadedBefore),
        congestionControl,
      };
    } finally {
      await call.close();
      await chromium.close();
      await site.close();
      await rm(folder, { recursive: true });
    }
  },
});

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

function kbps(bytes: number): number {
  return (8 * bytes) / 1000 / WATCHED_SECONDS;
}

process.once('disconnect', () => process.exit());
