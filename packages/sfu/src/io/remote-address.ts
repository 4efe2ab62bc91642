/** What is known about a remote address: how it is written, whether datagrams can be sent to it, and from which local address. */
import { isIP, isIPv6, SocketAddress } from 'node:net';
import { parseIpAddress } from '@causeway/wire';
import { createLiteralSocket } from './literal-socket.ts';

/** 224.0.0.0/4 is multicast (RFC 5771); 240.0.0.0/4 is reserved and contains the broadcast address. */
const FIRST_MULTICAST_OCTET = 224;
/** Any port will do, since no datagram is sent. */
const PROBED_PORT = 9;

/** @returns the address as sockets write it; undefined if the text is not an IP address */
export function canonicalAddress(address: string): string | undefined {
  const family = isIP(address);
  return family === 0 ? undefined : new SocketAddress({ address, family: family === 6 ? 'ipv6' : 'ipv4' }).address;
}

/**
 * Whether the system can send datagrams to an address. Sources can be forged, and nothing can be sent to port 0, nor
 * should anything be sent to an unspecified, multicast or broadcast address. The broadcast address of a subnet looks
 * like any other, but the system refuses to send there.
 *
 * @param address a literal, as sockets write it
 */
export function isSendableAddress(address: string, port: number): boolean {
  if (port === 0) return false;
  if (address.includes(':')) return address !== '::' && !address.startsWith('ff');
  const firstOctet = Number.parseInt(address, 10);
  return firstOctet > 0 && firstOctet < FIRST_MULTICAST_OCTET;
}

/**
 * Returns the local address that the system would use to reach a remote one. A connected UDP socket learns it from the
 * routing table without sending a packet.
 *
 * @returns undefined if there is no route, or the text is not an address
 */
export function sourceAddressTowards(remoteAddress: string): string | undefined {
  const family = isIP(remoteAddress);
  if (family === 0) return undefined;
  const probe = createLiteralSocket(remoteAddress, { reusePort: false });
  // Without a route, `connect` fails, and then `address` does.
  probe.on('error', () => undefined);
  try {
    probe.bind({ address: family === 6 ? '::' : '0.0.0.0', port: 0, exclusive: true });
    probe.connect(PROBED_PORT, remoteAddress);
    return probe.address().address;
  } catch {
    return undefined;
  } finally {
    probe.close();
  }
}

// Linux lays socket addresses out as `sockaddr_in` and `sockaddr_in6` (ip(7), ipv6(7)).

export const AF_INET = 2;
export const AF_INET6 = 10;
const IPV4_LENGTH = 16;
const IPV6_LENGTH = 28;
/** Enough for either kind. */
export const SOCKET_ADDRESS_BYTES = 32;

/**
 * Writes a `sockaddr_in` or a `sockaddr_in6` and overwrites what was there.
 *
 * @returns its length; 0 if the address cannot be written in this form, for example because it has a zone
 */
export function writeSocketAddress(to: Uint8Array, at: number, address: string, port: number): number {
  const ip = address.includes('%') ? undefined : parseIpAddress(address);
  // An IPv4-mapped IPv6 address would need a dual-stack socket, which these are not.
  if (ip === undefined || (isIPv6(address) && ip.length === 4)) return 0;
  const isIpv4 = ip.length === 4;
  to.fill(0, at, at + SOCKET_ADDRESS_BYTES);
  // The family is in the machine's byte order, the port in network order.
  to[at] = isIpv4 ? AF_INET : AF_INET6;
  to[at + 2] = port >> 8;
  to[at + 3] = port & 0xff;
  to.set(ip, at + (isIpv4 ? 4 : 8));
  return isIpv4 ? IPV4_LENGTH : IPV6_LENGTH;
}
