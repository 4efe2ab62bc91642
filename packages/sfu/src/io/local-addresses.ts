import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

/** The addresses that the media port listens on, with one socket each, and those that it announces to clients. */
export interface MediaAddresses {
  readonly listen: readonly string[];
  readonly announced: readonly string[];
}

const ANY = new Set(['0.0.0.0', '::', '*']);

/**
 * Resolves the addresses to listen on and to announce.
 *
 * Each local address gets its own socket, because a reply must leave from the address that received the request. One
 * socket on the wildcard address cannot guarantee that on a host with several addresses.
 *
 * @param listen addresses to listen on; a wildcard (`0.0.0.0`, `::`) stands for all local addresses of its family;
 * empty for all
 * @param announced addresses to announce instead, for example behind a NAT; empty for the addresses listened on
 */
export function resolveMediaAddresses(listen: readonly string[], announced: readonly string[]): MediaAddresses {
  const wanted = listen.length === 0 ? ['0.0.0.0', '::'] : listen;
  const concrete = wanted.flatMap((address) => (ANY.has(address) ? localAddresses(address) : [address]));
  const unique = [...new Set(concrete)];
  return { listen: unique, announced: announced.length === 0 ? loopbackLast(unique) : announced };
}

function localAddresses(wildcard: string): string[] {
  const family = wildcard === '::' ? 6 : 4;
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return (
    addresses
      .map((entry) => entry.address)
      // A link-local address needs a zone, which no candidate line can carry (RFC 8839 §5.1).
      .filter((address) => isIP(address) === family && !address.toLowerCase().startsWith('fe80:'))
  );
}

/** @returns the interface name for an IPv6 zone; its number if no interface has it */
export function zoneName(scopeId: number): string {
  for (const [name, entries] of Object.entries(networkInterfaces()))
    if (entries?.some((entry) => entry.family === 'IPv6' && entry.scopeid === scopeId)) return name;
  return String(scopeId);
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

function loopbackLast(addresses: readonly string[]): string[] {
  return [...addresses.filter((address) => !isLoopback(address)), ...addresses.filter(isLoopback)];
}
