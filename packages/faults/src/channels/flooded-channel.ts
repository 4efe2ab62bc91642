/** Floods a data channel from one Chromium tab to another, through the SFU or directly. */

import { apiOf, type FloodRequest, type FloodSeen, KIT_PATH, type Participant, type Stage } from '@causeway/e2e';
import { AskedChild, findFreePort, waitUntil } from '@causeway/lab';
import type { AccessDirection } from '../network/access-network.ts';
import { type Impairment, UNIMPAIRED } from '../network/impairment.ts';
import { machineAddress } from '../network/machine-address.ts';
import type { ProxyVerbs } from '../network/proxy-verbs.ts';
import { type NarrowAccess, openNarrowAccess } from '../quality/narrow-access.ts';

export interface FloodedChannel {
  /** Sends a flood, and waits until all of it has arrived or no more arrives. */
  flood(request: FloodRequest): Promise<FloodResult>;
  close(): Promise<void>;
}

export interface FloodResult {
  readonly sent: number;
  readonly seen: FloodSeen;
}

/** Which of the two paths through an SFU is impaired, in both directions. */
export type ImpairedLeg = 'none' | 'to the SFU' | 'from the SFU';

/** One end of a channel. */
type End = Pick<Participant, 'page' | 'name'>;

const LABEL = 'flood';
const LOOPBACK = '127.0.0.1';
const CANDIDATE = /^(a=candidate:\S+ 1 udp \d+) (\S+) (\d+) typ host/gim;
/** After this time without a message, the flood counts as over. */
const SILENCE_MS = 10_000;

/** Opens a channel through the SFU. @param seed of what is lost */
export async function openPublishedChannel(
  stage: Stage,
  leg: ImpairedLeg,
  impairment: Partial<Impairment>,
  seed = 1,
): Promise<FloodedChannel> {
  const access = leg === 'none' ? undefined : await openImpairedAccess(stage, leg, impairment, seed);
  const join = async (name: string, label: string, impairedBy: NarrowAccess | undefined) => {
    const page = await stage.openPage(impairedBy === undefined ? {} : { initScript: impairedBy.initScript });
    return stage.joinFrom(page, name, { channels: [{ label }] });
  };
  const publisher = await join(`publisher ${seed}`, LABEL, leg === 'to the SFU' ? access : undefined);
  const subscriber = await join(`subscriber ${seed}`, 'own', leg === 'from the SFU' ? access : undefined);
  await subscribe(stage, publisher, subscriber);
  return {
    flood: (request) => flood(publisher, subscriber, request),
    close: async () => {
      await Promise.all([publisher.page.close(), subscriber.page.close()]);
      await access?.close();
    },
  };
}

/** Opens a channel directly between the two tabs, with the path between them impaired in both directions. @param seed of what is lost */
export async function openDirectChannel(stage: Stage, impairment: Partial<Impairment>, seed: number): Promise<FloodedChannel> {
  const open = async (name: string): Promise<End> => {
    const page = await stage.openPage();
    await page.evaluateText(`import(${JSON.stringify(KIT_PATH)}).then(() => undefined)`);
    return { page, name };
  };
  const [sender, receiver] = [await open(`sender ${seed}`), await open(`receiver ${seed}`)];
  const offer = await sender.page.evaluate(({ name, label }) => kit.directPeer(name).offer(label), { name: sender.name, label: LABEL });
  // The receiver must know no candidate of the sender but the proxy.
  const request = { name: receiver.name, sdp: offer.replace(CANDIDATE, 'a=x-not-a-candidate') };
  const answer = await receiver.page.evaluate(({ name, sdp }) => kit.directPeer(name).answer(sdp), request);
  const port = await findFreePort('udp');
  // Browsers hide their own addresses behind mDNS names.
  const proxy = new AskedChild<ProxyVerbs>({ name: 'direct', program: new URL('../network/proxy-main.ts', import.meta.url) });
  await proxy.ask('openAccess', { port, targetPort: candidatePort(answer), targetAddress: machineAddress(), seed });
  await proxy.ask('impairAccess', { port, impairment: { ...UNIMPAIRED, ...impairment } });
  const redirected = { name: sender.name, sdp: answer.replace(CANDIDATE, `$1 ${LOOPBACK} ${port} typ host`) };
  await sender.page.evaluate(({ name, sdp }) => kit.directPeer(name).accept(sdp), redirected);
  return {
    flood: (request) => flood(sender, receiver, request),
    close: async () => {
      await Promise.all([sender.page.close(), receiver.page.close()]);
      await proxy.child.stop();
    },
  };
}

async function openImpairedAccess(stage: Stage, leg: string, impairment: Partial<Impairment>, seed: number): Promise<NarrowAccess> {
  const at = { address: LOOPBACK, port: await findFreePort('udp') };
  const access = await openNarrowAccess(leg, at, stage.daemon.udpPort, LOOPBACK, seed);
  for (const direction of ['up', 'down'] satisfies AccessDirection[]) await access.impair(direction, impairment);
  return access;
}

async function subscribe(stage: Stage, publisher: Participant, subscriber: Participant): Promise<void> {
  const api = apiOf(stage.daemon.access);
  await waitUntil(
    'the channel is published',
    () => api.listDataChannels(publisher.sessionId),
    ({ published }) => published.length > 0,
  );
  const item = { remoteSessionId: publisher.sessionId, dataChannelName: LABEL, canReply: true };
  await subscriber.page.evaluate(({ name, item }) => kit.peer(name).subscribeChannels([item]), { name: subscriber.name, item });
}

async function flood(sender: End, receiver: End, request: FloodRequest): Promise<FloodResult> {
  await receiver.page.evaluate(({ name, label }) => kit.channelsOf(name).watchFlood(label), { name: receiver.name, label: LABEL });
  const order = { name: sender.name, label: LABEL, request };
  const sent = await sender.page.evaluate(({ name, label, request }) => kit.channelsOf(name).flood(label, request), order);
  const read = () =>
    receiver.page.evaluate(({ name, label }) => kit.channelsOf(name).floodSeen(label), { name: receiver.name, label: LABEL });
  let seen = await read();
  let lastMs = performance.now();
  await waitUntil(
    'all of the flood has come',
    async () => {
      const now = await read();
      if (now.messages > seen.messages) lastMs = performance.now();
      seen = now;
      return now;
    },
    ({ messages }) => messages >= sent || performance.now() - lastMs > SILENCE_MS,
    Number.POSITIVE_INFINITY,
  );
  return { sent, seen };
}

function candidatePort(sdp: string): number {
  const [first] = sdp.matchAll(CANDIDATE);
  if (first === undefined) throw new Error(`the receiver has no candidate:\n${sdp}`);
  return Number(first[3]);
}
