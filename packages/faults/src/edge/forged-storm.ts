/** Generates a storm of forged datagrams from a seed, so that a harmful storm can be reproduced. */
import { seededRandom } from '@causeway/testkit';
import { writeBindingRequest } from '@causeway/wire';
import { type ForgedUdp, writeForgedFragments, writeForgedPacket } from './forged-packet.ts';

export interface Storm {
  readonly target: string;
  readonly targetPort: number;
  readonly datagrams: number;
  readonly seed: number;
  /** The addresses and ports of connected clients, which much of the storm uses as its source. */
  readonly victims: readonly { readonly address: string; readonly port: number }[];
}

/** Addresses that cannot be answered: loopback, both broadcasts, multicast, this network, and the node's own address. */
const UNANSWERABLE_SOURCES = ['127.0.0.1', '127.1.2.3', '255.255.255.255', '10.77.0.255', '224.0.0.1', '239.1.2.3', '0.0.0.0', '10.77.0.1'];
const PORTS = 65_536;
/** How many of ten packets have source port 0, to which nothing can be sent. */
const OF_PORT_0 = 2;
const FIRST_FRAGMENT_BYTES = 16;
const MAX_PAYLOAD_BYTES = 1_200;
/** Payloads are pieces of this many random bytes. */
const NOISE_BYTES = 65_536;
const TRANSACTION_ID_BYTES = 12;

type Random = () => number;

/** Yields the packets in the order of sending; a fragmented datagram is two packets. */
export function* forgeStorm({ target, targetPort, datagrams, seed, victims }: Storm): Generator<Uint8Array> {
  const random = seededRandom(seed);
  const noise = Uint8Array.from({ length: NOISE_BYTES }, () => Math.floor(random() * 256));
  for (let index = 0; index < datagrams; index++) {
    // The step visits every port before it repeats one.
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
    // The claimed length may be less than the header, or more than the packet.
    yield writeForgedPacket({ ...forged, claimedUdpBytes: Math.floor(random() * (2 * forged.payload.length + 8)) });
  } else {
    const [first, second] = writeForgedFragments(forged, index & 0xffff, FIRST_FRAGMENT_BYTES);
    yield first;
    // Half of the fragmented datagrams lack their second fragment.
    if (random() < 0.5) yield second;
  }
}

/** @returns the port as well if it belongs to the address */
function sourceOf(random: Random, victims: Storm['victims']): { readonly source: string; readonly sourcePort?: number } {
  const kind = random();
  const victim = victims[Math.floor(random() * victims.length)];
  if (kind < 0.3) return { source: UNANSWERABLE_SOURCES[Math.floor(random() * UNANSWERABLE_SOURCES.length)] ?? '127.0.0.1' };
  if (kind < 0.4 && victim !== undefined) return { source: victim.address, sourcePort: victim.port };
  // The addresses are in as many networks as possible, because the node limits answers per network.
  return { source: ['198', ...Array.from({ length: 3 }, () => Math.floor(random() * 256))].join('.') };
}

/** Writes a STUN Binding request, the first packet of any client. */
function bindingRequest(transactionId: Uint8Array): Uint8Array {
  return writeBindingRequest({ transactionId, fingerprint: false });
}

/** Returns random bytes of any length, so the first byte matches every protocol and none. */
function pieceOfAnyLength(noise: Uint8Array, random: Random): Uint8Array {
  return pieceOf(noise, random, 1 + Math.floor(random() * MAX_PAYLOAD_BYTES));
}

function pieceOf(noise: Uint8Array, random: Random, bytes: number): Uint8Array {
  const from = Math.floor(random() * (noise.length - bytes));
  return noise.subarray(from, from + bytes);
}
