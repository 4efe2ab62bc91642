/**
 * Writes IPv4 packets that no honest system would send. The kernel fills in the total length and the header checksum; UDP over IPv4
 * needs no checksum.
 *
 * @see RFC 791 §3.1, RFC 768
 */
import { parseIpAddress } from '@causeway/wire';

const IPV4_HEADER_BYTES = 20;
const UDP_HEADER_BYTES = 8;
const VERSION_AND_LENGTH = 0x45;
const TTL = 64;
const PROTOCOL_UDP = 17;
const MORE_FRAGMENTS = 0x2000;
const FRAGMENT_UNIT_BYTES = 8;

export interface ForgedUdp {
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
  /** Default: the true length, including the header. */
  readonly claimedUdpBytes?: number;
}

export interface Fragment {
  readonly id: number;
  readonly offsetBytes: number;
  readonly isLast: boolean;
}

/** Writes a whole packet. */
export function writeForgedPacket(forged: ForgedUdp): Uint8Array {
  return writeForgedFragment(forged, writeUdp(forged), { id: 0, offsetBytes: 0, isLast: true });
}

/** Writes the packet as two fragments, split at a multiple of eight bytes. */
export function writeForgedFragments(forged: ForgedUdp, id: number, firstBytes: number): readonly [Uint8Array, Uint8Array] {
  const body = writeUdp(forged);
  return [
    writeForgedFragment(forged, body.subarray(0, firstBytes), { id, offsetBytes: 0, isLast: false }),
    writeForgedFragment(forged, body.subarray(firstBytes), { id, offsetBytes: firstBytes, isLast: true }),
  ];
}

function writeForgedFragment(
  { source, destination }: Pick<ForgedUdp, 'source' | 'destination'>,
  body: Uint8Array,
  { id, offsetBytes, isLast }: Fragment,
): Uint8Array {
  const packet = Buffer.alloc(IPV4_HEADER_BYTES + body.length);
  packet[0] = VERSION_AND_LENGTH;
  packet.writeUInt16BE(packet.length, 2);
  packet.writeUInt16BE(id, 4);
  packet.writeUInt16BE((isLast ? 0 : MORE_FRAGMENTS) | (offsetBytes / FRAGMENT_UNIT_BYTES), 6);
  packet[8] = TTL;
  packet[9] = PROTOCOL_UDP;
  packet.set(ipv4Of(source), 12);
  packet.set(ipv4Of(destination), 16);
  packet.set(body, IPV4_HEADER_BYTES);
  return packet;
}

function writeUdp({ sourcePort, destinationPort, payload, claimedUdpBytes }: ForgedUdp): Buffer {
  const datagram = Buffer.alloc(UDP_HEADER_BYTES + payload.length);
  datagram.writeUInt16BE(sourcePort, 0);
  datagram.writeUInt16BE(destinationPort, 2);
  datagram.writeUInt16BE(claimedUdpBytes ?? datagram.length, 4);
  datagram.set(payload, UDP_HEADER_BYTES);
  return datagram;
}

function ipv4Of(text: string): Uint8Array {
  const address = parseIpAddress(text);
  if (address?.length !== 4) throw new Error(`${text} is no IPv4 address`);
  return address;
}
