/** Everything a run needs: a daemon, the blank site for the browsers' pages, and the selected clients. */
import { resolve } from 'node:path';
import { BLUE, type BlankSite, type Daemon, launchChromium, launchFirefox, startBlankSite, startDaemon } from '@causeway/e2e';
import { createBrowserClient } from '../clients/browser-client.ts';
import { CLIENT_NAMES, type ClientName, type InteropClient } from '../clients/interop-client.ts';
import { startProcessClient } from '../clients/process-client.ts';

export interface InteropStage {
  readonly daemon: Daemon;
  /** @throws Error – the client was not selected when the stage was opened */
  client(name: ClientName): InteropClient;
  /** Closes everything. @throws Error – the daemon did not end by itself with exit code 0 */
  close(): Promise<void>;
}

/** Debian's own, which has its packages of GStreamer and aiortc; others on the PATH have not. */
const PYTHON = process.env.CAUSEWAY_PYTHON ?? '/usr/bin/python3';
const PYTHON_FOLDER = resolve(import.meta.dirname, '../../clients');
const WERIFT_MAIN = resolve(import.meta.dirname, '../werift/main.ts');
/** It imports other packages of this project, which need not have been built. */
const SOURCE_CONDITION = '--conditions=causeway-source';

/** A run tests what clients understand, so the node accepts sessions even when it is too late to do so in service. */
const ENVIRONMENT = { CAUSEWAY_MAX_EVENT_LOOP_DELAY_MS: '10000' };

const STARTERS: Readonly<Record<ClientName, (site: BlankSite) => Promise<InteropClient>>> = {
  aiortc: () => startProcessClient({ name: 'aiortc', counts: 'decoded', command: [PYTHON, resolve(PYTHON_FOLDER, 'aiortc_client.py')] }),
  gstreamer: () =>
    startProcessClient({ name: 'gstreamer', counts: 'decoded', command: [PYTHON, resolve(PYTHON_FOLDER, 'gstreamer_client.py')] }),
  firefox: async ({ origin }) =>
    createBrowserClient({
      browser: await launchFirefox(),
      // H.264 would take a download from Cisco.
      videoCodecs: ['VP8'],
      // Background tabs draw no canvas, and without a screen an AudioContext hangs, so fake devices provide the media.
      picture: { kind: 'camera' },
      sound: { kind: 'microphone' },
      origin,
    }),
  chromium: async ({ origin }) =>
    createBrowserClient({
      browser: await launchChromium(),
      videoCodecs: ['VP8', 'H264'],
      picture: { kind: 'picture', colour: BLUE },
      // Its fake microphone is silent at times.
      sound: { kind: 'tone', leftHz: 440, rightHz: 440 },
      origin,
    }),
  werift: () => startProcessClient({ name: 'werift', counts: 'depacketised', command: [process.execPath, SOURCE_CONDITION, WERIFT_MAIN] }),
};

/** @throws Error – a client does not start; those that did are closed again */
export async function openInteropStage(names: readonly ClientName[] = CLIENT_NAMES): Promise<InteropStage> {
  // The daemon starts first: if that fails, there is nothing else to close.
  const daemon = await startDaemon(ENVIRONMENT);
  const site = await startBlankSite();
  const starts = await Promise.allSettled(names.map((name) => STARTERS[name](site)));
  const clients = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const close = async (): Promise<void> => {
    await Promise.all(clients.map((client) => client.close()));
    await site.close();
    const exitCode = await daemon.stop();
    if (exitCode !== 0) throw new Error(`the daemon ended with ${exitCode}:\n${daemon.readLog()}`);
  };
  const failed = starts.find((start) => start.status === 'rejected');
  if (failed !== undefined) {
    await close();
    throw failed.reason;
  }
  return { daemon, client: (name) => clientNamed(clients, name), close };
}

function clientNamed(clients: readonly InteropClient[], name: ClientName): InteropClient {
  const found = clients.find((client) => client.name === name);
  if (found === undefined) throw new Error(`no client "${name}"; there are: ${clients.map((client) => client.name).join(', ')}`);
  return found;
}
