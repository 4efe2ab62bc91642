/**
 * Captures what real browsers send to the SFU, for the fuzz corpora: `node --conditions=causeway-source scripts/capture/traffic.ts`.
 * Chromium and Firefox each publish camera, microphone and a data channel, and subscribe to one another; STUN and DTLS are
 * kept as they came, RTP, RTCP and SCTP as they were after decryption.
 */
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pageCall } from './page-call.ts';

const ROOT = resolve(import.meta.dirname, '..', '..');
const FOLDER = join(ROOT, 'packages', 'testkit', 'traffic');
const CAPTURE_MS = 8000;
/** The most packets kept of each kind and browser. Every nth is kept, so that the sample spans the whole call. */
const MAX_KEPT = 48;
/** Enough of an RTP packet to hold all headers and the start of a frame. */
const MAX_RTP_BYTES = 200;

type Kind = 'stun' | 'dtls' | 'rtp' | 'rtcp' | 'sctp';

/** A method of a class of the project, called with whatever it is called with. */
type Method = (this: unknown, ...values: readonly unknown[]) => unknown;
/** Scripts do not depend on packages at compile time: what they load is described here. */
type ClassOf<Name extends string> = Readonly<Record<Name, { readonly prototype: Record<string, Method> }>>;
type Verbs = Record<string, (...values: readonly unknown[]) => Promise<unknown>>;

interface Browser {
  readonly name: string;
  readonly version: string;
  openPage(url: string): Promise<{ evaluateText(source: string): Promise<unknown> }>;
  close(): Promise<void>;
}

const captured = new Map<string, Uint8Array[]>();
let client = '';

function keep(kind: Kind, bytes: Uint8Array): void {
  const key = `${client}-${kind}`;
  const kept = captured.get(key) ?? [];
  kept.push(bytes.slice(0, kind === 'rtp' ? MAX_RTP_BYTES : bytes.length));
  captured.set(key, kept);
}

async function load<Module>(path: string): Promise<Module> {
  return import(pathToFileURL(join(ROOT, path)).href);
}

/** Calls `hear` with the values and the result of every call of a method. */
function overhear(prototype: Record<string, Method>, name: string, hear: (values: readonly unknown[], result: unknown) => void): void {
  const method = prototype[name];
  if (method === undefined) throw new Error(`there is no method ${name} any more`);
  prototype[name] = function (...values) {
    const result = method.call(this, ...values);
    hear(values, result);
    return result;
  };
}

/** Puts ears where datagrams come in and where they have been decrypted. */
async function listen(): Promise<void> {
  const { PeerTransport } = await load<ClassOf<'PeerTransport'>>('packages/media/src/transport/peer-transport.ts');
  overhear(PeerTransport.prototype, 'handleDtls', ([, , datagram]) => keep('dtls', datagram as Uint8Array));
  const { IceLite } = await load<ClassOf<'IceLite'>>('packages/media/src/transport/ice-lite.ts');
  overhear(IceLite.prototype, 'handleBindingRequest', ([, , request]) => keep('stun', (request as { bytes: Uint8Array }).bytes));
  const { PathChallenge } = await load<ClassOf<'PathChallenge'>>('packages/media/src/transport/path-challenge.ts');
  overhear(PathChallenge.prototype, 'isAnsweredBy', ([answer]) => keep('stun', (answer as { bytes: Uint8Array }).bytes));
  const { PeerEndpoint } = await load<ClassOf<'PeerEndpoint'>>('packages/secure/src/secure-suite.ts');
  const decrypted = (kind: Kind) => (values: readonly unknown[], length: unknown) => {
    if (Number(length) > 0) keep(kind, (values[0] as Uint8Array).subarray(0, Number(length)));
  };
  const { InboundSrtp } = await load<ClassOf<'InboundSrtp'>>('packages/secure/src/srtp/inbound-srtp.ts');
  overhear(InboundSrtp.prototype, 'unprotectRtp', decrypted('rtp'));
  overhear(PeerEndpoint.prototype, 'unprotectRtcp', decrypted('rtcp'));
  const { DataChannels } = await load<ClassOf<'DataChannels'>>('packages/media/src/data/data-channels.ts');
  overhear(DataChannels.prototype, 'handlePacket', ([, packet]) => keep('sctp', packet as Uint8Array));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** Serves an empty page, and the SFU's verbs to its script. */
async function serve(sfu: Verbs): Promise<{ url: string; close: () => void }> {
  const server = createServer(async (request, response) => {
    try {
      if (request.method === 'GET') {
        response.end('<!doctype html><title>capture</title>');
        return;
      }
      const { verb, args } = JSON.parse(await bodyOf(request));
      response.end(JSON.stringify(await sfu[verb]?.('app', ...args)));
    } catch (error) {
      response.statusCode = 500;
      response.end(String(error));
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => server.close() };
}

function save(): void {
  for (const [name, all] of captured) {
    const step = Math.max(1, Math.ceil(all.length / MAX_KEPT));
    const lines = all.filter((_, index) => index < 8 || index % step === 0).map((bytes) => Buffer.from(bytes).toString('hex'));
    writeFileSync(join(FOLDER, `${name}.hex`), `${[...new Set(lines)].slice(0, MAX_KEPT + 8).join('\n')}\n`);
    console.log(`${name}: ${lines.length} of ${all.length}`);
  }
}

async function main(): Promise<void> {
  await listen();
  const { createSfu } = await load<{ createSfu: () => Promise<Verbs> }>('packages/sfu/src/index.ts');
  const sfu = await createSfu();
  const { url, close } = await serve(sfu);
  const { launchChromium } = await load<{ launchChromium: () => Promise<Browser> }>('packages/e2e/src/browsers/chromium.ts');
  const { launchFirefox } = await load<{ launchFirefox: () => Promise<Browser> }>('packages/e2e/src/browsers/firefox.ts');
  for (const launch of [launchChromium, launchFirefox]) {
    const browser = await launch();
    client = browser.name;
    const page = await browser.openPage(url);
    console.log(`${browser.name} ${browser.version}: ${await page.evaluateText(pageCall(CAPTURE_MS))}`);
    await browser.close();
  }
  save();
  close();
  await sfu.close?.();
}

await main();
