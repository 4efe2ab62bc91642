/** Tests data channels between different WebRTC clients through a node, with datagram loss on every path. */

import { apiOf, type MadeMessage, type MediaAddress, type SeenMessage } from '@causeway/e2e';
import { type ClientName, type InteropPeer, type InteropStage, openInteropStage } from '@causeway/interop';
import { findFreePort, waitUntil } from '@causeway/lab';
import { machineAddress } from '../network/machine-address.ts';
import { openNarrowAccess } from '../quality/narrow-access.ts';
import { exactly, type Finding } from '../scenarios/finding.ts';

export interface ClientPairsOptions {
  readonly pairs: readonly (readonly [from: ClientName, to: ClientName])[];
  /** The share of datagrams lost on each of the two paths, in each direction. */
  readonly lossRatio: number;
  note(text: string): void;
}

/** Clients with a smaller `max-message-size` than browsers, which accept 256 KiB or more. */
const SHORTER: readonly ClientName[] = ['aiortc', 'werift'];
const ONE_WAY_MS = 10;
const ARRIVED_WITHIN_MS = 60_000;

/** Sends messages of all kinds and lengths from each client to its counterpart, on an ordered and an unordered channel. */
export async function exchangeBetween({ pairs, lossRatio, note }: ClientPairsOptions): Promise<readonly Finding[]> {
  const stage = await openInteropStage([...new Set(pairs.flat())]);
  // Firefox gathers no candidates on loopback.
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
    // Until then, the SFU buffers at most 64 KiB for the channel.
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

/** Returns text and binary messages: empty, of one byte, and of the maximum length. */
function everyKind(maxLength: number): readonly MadeMessage[] {
  return (['text', 'binary'] as const).flatMap((kind) => [1, 0, 1_000, maxLength, 5].map((length, seed) => ({ kind, length, seed })));
}
