import type { IncomingMessage } from 'node:http';
import { isIP, isIPv4, isIPv6 } from 'node:net';
import type { AddressSet } from '@causeway/cluster';

/**
 * Returns the address of the client that makes a request. Each proxy appends the address of its caller to
 * `X-Forwarded-For`, so the header is read from its end, as long as the writer of the entry is trusted; earlier entries
 * can be forged by anyone.
 *
 * @returns a literal address; undefined if a trusted proxy names anything else
 */
export function clientAddressOf({ socket, headers }: IncomingMessage, trustedProxies: AddressSet): string | undefined {
  const forwardedFor = String(headers['x-forwarded-for'] ?? '').split(',');
  let address = socket.remoteAddress;
  while (address !== undefined && trustedProxies.has(address) && forwardedFor.length > 0) {
    const entry = forwardedFor.pop()?.trim() ?? '';
    if (entry === '' && forwardedFor.length === 0) return address;
    address = readAddress(entry);
  }
  return address;
}

/** Some proxies add the port. */
function readAddress(entry: string): string | undefined {
  const [, bracketed, bare] = /^\[([^\]]+)\](?::[0-9]+)?$|^([^:]+):[0-9]+$/.exec(entry) ?? [];
  const address = bracketed ?? bare ?? entry;
  return isIP(address) === 0 ? undefined : address;
}

const IPV4_IN_IPV6 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const LOOPBACK_IPV4 = /^127\./;

/**
 * Returns the key by which a client is counted: an IPv4 address, since its network may have many customers, or the /64
 * of an IPv6 address, which belongs to a single one.
 *
 * @param address a literal address
 * @returns undefined for addresses of this machine, and for texts that are not addresses
 */
export function clientKeyOf(address: string): string | undefined {
  const ipv4 = IPV4_IN_IPV6.exec(address)?.[1] ?? address;
  if (isIPv4(ipv4)) return LOOPBACK_IPV4.test(ipv4) ? undefined : ipv4;
  return isIPv6(address) && address !== '::1' ? clientNetworkOf(address) : undefined;
}

/** A site gets at least these 64 of 128 bits, so one customer has only one such prefix. */
const IPV6_GROUPS = 4;
const IPV4_BYTES = 3;
const GROUPS = 8;
const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * Returns the network of a client, for limits that one client must not evade by using its other addresses: the /24 of
 * an IPv4 address, including IPv4-mapped ones, and the /64 of an IPv6 address.
 *
 * @param address a literal address
 * @returns the same text for all addresses of a network in any notation; `unknown` if the text is not an address
 */
export function clientNetworkOf(address: string): string {
  const ipv4 = MAPPED_IPV4.exec(address)?.[1] ?? address;
  if (isIPv4(ipv4)) return `${ipv4.split('.').slice(0, IPV4_BYTES).join('.')}.0/24`;
  return isIPv6(address) ? `${firstGroupsOf(address).join(':')}::/64` : 'unknown';
}

function firstGroupsOf(address: string): readonly string[] {
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const groupsOf = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const [before, after] = [groupsOf(head), groupsOf(tail ?? '')];
  // A dotted IPv4 address at the end stands for two groups, which are never among the first four.
  const afterCount = after.length + Number(after.at(-1)?.includes('.') ?? false);
  const zeros = tail === undefined ? 0 : GROUPS - before.length - afterCount;
  const groups = [...before, ...Array<string>(Math.max(0, zeros)).fill('0'), ...after];
  return groups.slice(0, IPV6_GROUPS).map((group) => Number.parseInt(group, 16).toString(16));
}
