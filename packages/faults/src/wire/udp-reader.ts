/**
 * Finds the UDP datagrams in Ethernet frames, and reassembles those that IP has fragmented.
 *
 * @see RFC 791 §3.1 and §3.2 (IPv4), RFC 8200 §4.5 (IPv6), RFC 768 (UDP)
 */
import { formatIpAddress } from '@causeway/wire';

const ETHERNET_HEADER_BYTES = 14;
const ETHERTYPE_AT = 12;
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const PROTOCOL_UDP = 17;
const PROTOCOL_FRAGMENT = 44;
const IPV6_HEADER_BYTES = 40;
const FRAGMENT_HEADER_BYTES = 8;
const UDP_HEADER_BYTES = 8;
const FRAGMENT_UNIT_BYTES = 8;
const IPV4_MORE_FRAGMENTS = 0x2000;
const IPV4_OFFSET_MASK = 0x1fff;

export interface UdpDatagram {
  /** Address and port, as `socketName` writes them. */
  readonly destination: string;
  readonly payload: Buffer;
}

interface IpPart {
  readonly destination: string;
  /** Identifies the datagram and sender that the fragment belongs to. */
  readonly identity: string;
  readonly offsetBytes: number;
  readonly isLast: boolean;
  readonly bytes: Buffer;
}

export function socketName(address: string, port: number): string {
  return `${address}#${port}`;
}

export class UdpReader {
  readonly #parts = new Map<string, IpPart[]>();
  #fragments = 0;

  /** The number of fragments that were read. */
  get fragments(): number {
    return this.#fragments;
  }

  /** The number of datagrams that lack a fragment. */
  get incomplete(): number {
    return this.#parts.size;
  }

  /** @returns undefined for anything but UDP over IP, and for a fragment that completes nothing */
  read(frame: Buffer): UdpDatagram | undefined {
    const part = readIp(frame);
    if (part === undefined) return undefined;
    const whole = part.offsetBytes === 0 && part.isLast ? part.bytes : this.#complete(part);
    if (whole === undefined || whole.length < UDP_HEADER_BYTES) return undefined;
    return { destination: socketName(part.destination, whole.readUInt16BE(2)), payload: whole.subarray(UDP_HEADER_BYTES) };
  }

  #complete(part: IpPart): Buffer | undefined {
    this.#fragments++;
    const parts = [...(this.#parts.get(part.identity) ?? []), part].sort((a, b) => a.offsetBytes - b.offsetBytes);
    this.#parts.set(part.identity, parts);
    let end = 0;
    for (const { offsetBytes, bytes } of parts) {
      if (offsetBytes !== end) return undefined;
      end += bytes.length;
    }
    if (parts.at(-1)?.isLast !== true) return undefined;
    this.#parts.delete(part.identity);
    return Buffer.concat(parts.map(({ bytes }) => bytes));
  }
}

function readIp(frame: Buffer): IpPart | undefined {
  if (frame.length < ETHERNET_HEADER_BYTES) return undefined;
  const etherType = frame.readUInt16BE(ETHERTYPE_AT);
  const packet = frame.subarray(ETHERNET_HEADER_BYTES);
  if (etherType === ETHERTYPE_IPV4) return readIpv4(packet);
  return etherType === ETHERTYPE_IPV6 ? readIpv6(packet) : undefined;
}

function readIpv4(packet: Buffer): IpPart | undefined {
  if (packet.length < 20 || packet[9] !== PROTOCOL_UDP) return undefined;
  const headerBytes = 4 * ((packet[0] ?? 0) & 0x0f);
  const flagsAndOffset = packet.readUInt16BE(6);
  return {
    destination: formatIpAddress(packet.subarray(16, 20)),
    identity: packet.subarray(12, 20).toString('hex') + packet.readUInt16BE(4),
    offsetBytes: FRAGMENT_UNIT_BYTES * (flagsAndOffset & IPV4_OFFSET_MASK),
    isLast: (flagsAndOffset & IPV4_MORE_FRAGMENTS) === 0,
    // Short frames are padded, so the end is taken from the packet itself.
    bytes: packet.subarray(headerBytes, packet.readUInt16BE(2)),
  };
}

function readIpv6(packet: Buffer): IpPart | undefined {
  if (packet.length < IPV6_HEADER_BYTES + UDP_HEADER_BYTES) return undefined;
  const body = packet.subarray(IPV6_HEADER_BYTES, IPV6_HEADER_BYTES + packet.readUInt16BE(4));
  const common = { destination: formatIpAddress(packet.subarray(24, 40)), identity: packet.subarray(8, 40).toString('hex') };
  if (packet[6] === PROTOCOL_UDP) return { ...common, offsetBytes: 0, isLast: true, bytes: body };
  if (packet[6] !== PROTOCOL_FRAGMENT || body[0] !== PROTOCOL_UDP || body.length < FRAGMENT_HEADER_BYTES) return undefined;
  const offsetAndMore = body.readUInt16BE(2);
  return {
    destination: common.destination,
    identity: common.identity + body.readUInt32BE(4),
    // The offset counts units of eight bytes, in the upper 13 bits.
    offsetBytes: offsetAndMore & 0xfff8,
    isLast: (offsetAndMore & 1) === 0,
    bytes: body.subarray(FRAGMENT_HEADER_BYTES),
  };
}
