import { isIP } from 'node:net';
import { createAddressSet } from '@causeway/cluster/address-set';

/** Loopback, private, shared and link-local addresses (RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291 §2.5). */
const OWN_NETWORKS = createAddressSet([
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
]);

/** Whether an IP address is not reachable from the internet. */
export function isOwnNetwork(address: string): boolean {
  return OWN_NETWORKS.has(address);
}

/** @returns false for a host name, whose address is unknown here */
export function isPublicAndPlain(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  const address = hostname.replace(/^\[|\]$/g, '');
  return protocol === 'http:' && isIP(address) !== 0 && !isOwnNetwork(address);
}
