/** Socket addresses in Linux's memory layout. @see ip(7), ipv6(7) */
import { isIPv6 } from 'node:net';
import { parseIpAddress } from '@causeway/wire';

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
