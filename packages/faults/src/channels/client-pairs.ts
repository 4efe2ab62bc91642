/** Data channels between different WebRTC clients through a node, all of them behind a path that loses datagrams. */

import { apiOf, type MadeMessage, type MediaAddress, type SeenMessage } from '@causeway/e2e';
import { type ClientName, type InteropPeer, type InteropStage, openInteropStage } from '@causeway/interop';
import { findFreePort, waitUntil } from '@causeway/lab';
import { machineAddress } from '../network/machine-address.ts';
import { openNarrowAccess } from '../quality/narrow-access.ts';
import { exactly, type Finding } from '../scenarios/finding.ts';

export interface ClientPairsOptions {
  readonly pairs: readonly (readonly [from: ClientName, to: ClientName])[];
  /** Share of the datagrams, on each of the two paths and in each direction. */
  readonly lossRatio: number;
  note(text: string): void;
}

/** What these two take at once by their `max-message-size`; browsers take 256 KiB and more. */
const SHORTER: readonly ClientName[] = ['aiortc', 'werift'];
const ONE_WAY_MS = 10;
const ARRIVED_WITHIN_MS = 60_000;

/** Sends messages of every kind and length from each client to its counterpart, on an ordered and on an unordered channel. */
export async function exchangeBetween({ pairs, lossRatio, note }: ClientPairsOptions): Promise<readonly Finding[]> {
  const stage = await openInteropStage([...new Set(pairs.flat())]);
  // Firefox looks for nothing on loopback.
  const mediaAt = { address: machineAddress(), port: await findFreePort('udp') };
  const access = await openNarrowAccess('clients', mediaAt, stage.daemon.udpPort);
  const findings: Finding[] = [];
  try {
    for (const direction of ['up', 'down'] as const) await access.impair(direction, { lossRatio, delayMs: ONE_WAY_MS });
    for (const [from, to] of pairs) {
      for (const ordered of [true, false]) {
        const what = `${from} → ${to}, ${ordered ? 'ordered' : 'unordered'}`;
        const { sent, seen } = await exchange(stage, { from, to, ordered, mediaAt });
        const arrange = (messages: readonly SeenMessage[]): string =>
          JSON.stringify(ordered ? messages : messages.map((message) => JSON.stringify(message)).sort());
        note(`${what}: ${seen.length} of ${sent.length} messages`);
        findings.push(exactly(`${what}: messages as they were sent`, arrange(seen) === arrange(sent) ? seen.length : 'no', sent.length));
      }
    }
  } finally {
    await access.close();
    await stage.close();
  }
  return findings;
}

interface Exchange {
  readonly from: ClientName;
  readonly to: ClientName;
  readonly ordered: boolean;
  readonly mediaAt: MediaAddress;
}

async function exchange(stage: InteropStage, { from, to, ordered, mediaAt }: Exchange) {
  const { access } = stage.daemon;
  const api = apiOf(access);
  const label = 'messages';
  const peers: InteropPeer[] = [];
  const open = async (client: ClientName, channel: string): Promise<InteropPeer> => {
    const request = { access, receive: [], channels: [{ label: channel, ordered }], mediaAt };
    const peer = await stage.client(client).openPeer(request);
    peers.push(peer);
    return peer;
  };
  try {
    const [publisher, subscriber] = [await open(from, label), await open(to, 'own')];
    await waitUntil(
      `${from} publishes its channel`,
      () => api.listDataChannels(publisher.sessionId),
      ({ published }) => published.some(({ dataChannelName }) => dataChannelName === label),
      ARRIVED_WITHIN_MS,
    );
    await subscriber.subscribeChannel(publisher.sessionId, label);
    // Before that the SFU keeps 64 KiB for it and no more.
    await waitUntil(
      `the channel of ${to} is open`,
      () => api.listDataChannels(subscriber.sessionId),
      ({ subscribed }) => subscribed.some(({ status }) => status === 'open'),
      ARRIVED_WITHIN_MS,
    );
    const sent = await publisher.send(label, everyKind(SHORTER.includes(to) ? 64 << 10 : 256 << 10));
    let seen: readonly SeenMessage[] = [];
    await waitUntil(
      `${to} has ${sent.length} messages of ${from}`,
      async () => {
        seen = await subscriber.readMessages(label);
        return seen.length;
      },
      (count) => count >= sent.length,
      ARRIVED_WITHIN_MS,
    ).catch(() => undefined);
    return { sent, seen };
  } finally {
    await Promise.all(peers.map((peer) => peer.close()));
  }
}

/** Text and binary, empty, of one byte, and as long as they may be. */
function everyKind(maxLength: number): readonly MadeMessage[] {
  return (['text', 'binary'] as const).flatMap((kind) => [1, 0, 1_000, maxLength, 5].map((length, seed) => ({ kind, length, seed })));
}
