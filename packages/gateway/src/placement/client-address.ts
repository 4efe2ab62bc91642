import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { AddressSet } from '@causeway/cluster';

/**
 * The address of whoever makes a request. Each proxy appends the address it was called from to `X-Forwarded-For`, so the header is
 * read from its end, as long as the one who wrote the entry is trusted; anybody may have written what stands before.
 *
 * @returns a literal address; undefined if a trusted proxy names something else
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
