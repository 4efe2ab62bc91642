import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Addresses that the media port listens on, one socket each, and what it tells clients to send to. */
export interface MediaAddresses {
  readonly listen: readonly string[];
  readonly announced: readonly string[];
}

const ANY = new Set(['0.0.0.0', '::', '*']);

/**
 * Resolves what to listen on and what to announce.
 *
 * Every local address gets a socket of its own: answers must leave from the address that was asked, which one socket on the
 * wildcard address cannot promise on a host with several.
 *
 * @param listen addresses to listen on; a wildcard (`0.0.0.0`, `::`) stands for all local addresses of its family; none for all
 * @param announced what to announce instead, behind a NAT say; none for the addresses listened on
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

/** @returns the name of the interface that a zone of IPv6 stands for; its number if there is none */
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
