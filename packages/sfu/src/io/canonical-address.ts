import { isIP, SocketAddress } from 'node:net';

/** @returns the text that sockets report this address as; undefined if it is none */
export function canonicalAddress(address: string): string | undefined {
  const family = isIP(address);
  return family === 0 ? undefined : new SocketAddress({ address, family: family === 6 ? 'ipv6' : 'ipv4' }).address;
}
