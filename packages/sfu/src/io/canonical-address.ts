import { isIP, SocketAddress } from 'node:net';

/** @returns the address as sockets write it; undefined if the text is not an IP address */
export function canonicalAddress(address: string): string | undefined {
  const family = isIP(address);
  return family === 0 ? undefined : new SocketAddress({ address, family: family === 6 ? 'ipv6' : 'ipv4' }).address;
}
