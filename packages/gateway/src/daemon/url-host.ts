import { isIPv6 } from 'node:net';

/** The host part of a URL under which a program on this machine reaches a server that listens on `address`. */
export function urlHostOf(address: string): string {
  if (address === '0.0.0.0' || address === '::') return 'localhost';
  return isIPv6(address) ? `[${address}]` : address;
}
