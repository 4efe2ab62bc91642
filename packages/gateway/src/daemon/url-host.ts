import { isIPv6 } from 'node:net';

/** The host part of a URL under which a program on this machine reaches a server that listens on `address`, or on all. */
export function urlHostOf(address: string | undefined): string {
  if (address === undefined || address === '0.0.0.0' || address === '::') return 'localhost';
  return isIPv6(address) ? `[${address}]` : address;
}
