/** What a storm of forged datagrams is made of. Everything is drawn from a seed, so a storm that did harm can be sent again. */
import { seededRandom } from '@causeway/testkit';
import { writeBindingRequest } from '@causeway/wire';
import { type ForgedUdp, writeForgedFragments, writeForgedPacket } from './forged-packet.ts';

export interface Storm {
  readonly target: string;
  readonly targetPort: number;
  readonly datagrams: number;
  readonly seed: number;
  /** Addresses and ports of clients that are connected: much of the storm claims to come from there. */
  readonly victims: readonly { readonly address: string; readonly port: number }[];
}

/** Loopback, both broadcasts, multicast, this network, and the node's own address: answers there reach no one. */
const UNANSWERABLE_SOURCES = ['127.0.0.1', '127.1.2.3', '255.255.255.255', '10.77.0.255', '224.0.0.1', '239.1.2.3', '0.0.0.0', '10.77.0.1'];
const PORTS = 65_536;
/** So many of ten claim to come from port 0, to which nothing can be sent. */
const OF_PORT_0 = 2;
const FIRST_FRAGMENT_BYTES = 16;
const MAX_PAYLOAD_BYTES = 1_200;
/** Payloads are pieces of this many random bytes. */
const NOISE_BYTES = 65_536;
const TRANSACTION_ID_BYTES = 12;

type Random = () => number;

/** The packets in the order in which they are sent; a fragmented datagram is two of them. */
export function* forgeStorm({ target, targetPort, datagrams, seed, victims }: Storm): Generator<Uint8Array> {
  const random = seededRandom(seed);
  const noise = Uint8Array.from({ length: NOISE_BYTES }, () => Math.floor(random() * 256));
  for (let index = 0; index < datagrams; index++) {
    // Every port in turn, in steps that visit all of them before one comes again.
    const sourcePort = index % 10 < OF_PORT_0 ? 0 : (index * 13) % PORTS;
    const forged: ForgedUdp = {
      sourcePort,
      ...sourceOf(random, victims),
      destination: target,
      destinationPort: targetPort,
      payload: random() < 0.6 ? bindingRequest(pieceOf(noise, random, TRANSACTION_ID_BYTES)) : pieceOfAnyLength(noise, random),
    };
    yield* packetsOf(forged, index, random);
  }
}

function* packetsOf(forged: ForgedUdp, index: number, random: Random): Generator<Uint8Array> {
  const kind = random();
  if (kind < 0.8) {
    yield writeForgedPacket(forged);
  } else if (kind < 0.9) {
    // Shorter than its own header, longer than the packet, or cut short.
    yield writeForgedPacket({ ...forged, claimedUdpBytes: Math.floor(random() * (2 * forged.payload.length + 8)) });
  } else {
    const [first, second] = writeForgedFragments(forged, index & 0xffff, FIRST_FRAGMENT_BYTES);
    yield first;
    // Every other one lacks its end.
    if (random() < 0.5) yield second;
  }
}

/** @returns a port, too, where it belongs to the address */
function sourceOf(random: Random, victims: Storm['victims']): { readonly source: string; readonly sourcePort?: number } {
  const kind = random();
  const victim = victims[Math.floor(random() * victims.length)];
  if (kind < 0.3) return { source: UNANSWERABLE_SOURCES[Math.floor(random() * UNANSWERABLE_SOURCES.length)] ?? '127.0.0.1' };
  if (kind < 0.4 && victim !== undefined) return { source: victim.address, sourcePort: victim.port };
  // Random addresses in as many networks as possible: each network gets a few answers a second.
  return { source: ['198', ...Array.from({ length: 3 }, () => Math.floor(random() * 256))].join('.') };
}

/** What a browser sends first, as does any client that looks for a STUN server. */
function bindingRequest(transactionId: Uint8Array): Uint8Array {
  return writeBindingRequest({ transactionId, fingerprint: false });
}

/** The first byte of each protocol comes up, and of none. */
function pieceOfAnyLength(noise: Uint8Array, random: Random): Uint8Array {
  return pieceOf(noise, random, 1 + Math.floor(random() * MAX_PAYLOAD_BYTES));
}

function pieceOf(noise: Uint8Array, random: Random, bytes: number): Uint8Array {
  const from = Math.floor(random() * (noise.length - bytes));
  return noise.subarray(from, from + bytes);
}
