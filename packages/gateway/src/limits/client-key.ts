import { isIPv4, isIPv6 } from 'node:net';
import { clientNetworkOf } from './client-network.ts';

const IPV4_IN_IPV6 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const LOOPBACK_IPV4 = /^127\./;

/**
 * What counts as one client: an IPv4 address, for many may be customers of one network, or the /64 of an IPv6 address, all of whose
 * addresses belong to one.
 *
 * @param address a literal address
 * @returns undefined for addresses of this machine itself, and for what is no address
 */
export function clientKeyOf(address: string): string | undefined {
  const ipv4 = IPV4_IN_IPV6.exec(address)?.[1] ?? address;
  if (isIPv4(ipv4)) return LOOPBACK_IPV4.test(ipv4) ? undefined : ipv4;
  return isIPv6(address) && address !== '::1' ? clientNetworkOf(address) : undefined;
}
