import type { IncomingMessage } from 'node:http';
import { createAddressSet } from '@causeway/cluster';
import { clientAddressOf } from '../../src/limits/client-address.ts';

const PROXIES = createAddressSet(['10.0.0.0/8', '::1']);

function addressOf(remoteAddress: string | undefined, forwardedFor?: string | string[]): string | undefined {
  const headers = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor };
  return clientAddressOf({ socket: { remoteAddress }, headers } as unknown as IncomingMessage, PROXIES);
}

test.each<[what: string, remote: string, forwardedFor: string | undefined, address: string | undefined]>([
  ['there is no proxy', '203.0.113.9', undefined, '203.0.113.9'],
  ['a stranger claims to be a proxy', '203.0.113.9', '8.8.8.8', '203.0.113.9'],
  ['a proxy names the client', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['two proxies stand between', '10.0.0.1', '203.0.113.9, 10.0.0.2', '203.0.113.9'],
  ['the client has written something before', '10.0.0.1', '8.8.8.8, 203.0.113.9', '203.0.113.9'],
  ['the client pretends to be behind a proxy', '10.0.0.1', '8.8.8.8, 10.0.0.5, 203.0.113.9', '203.0.113.9'],
  ['a proxy calls for itself', '10.0.0.1', undefined, '10.0.0.1'],
  ['all are proxies', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
  ['the proxy adds the port', '10.0.0.1', '203.0.113.9:5123', '203.0.113.9'],
  ['the proxy adds the port to IPv6', '10.0.0.1', '[2001:db8::9]:5123', '2001:db8::9'],
  ['the client has IPv6', '::1', '2001:db8::9', '2001:db8::9'],
  ['IPv4 is written as IPv6', '::ffff:10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['the proxy hides the client', '10.0.0.1', 'unknown', undefined],
  ['the header is empty', '10.0.0.1', '', '10.0.0.1'],
  ['an entry is empty', '10.0.0.1', '203.0.113.9,', undefined],
  ['it is not even text', '10.0.0.1', '<script>', undefined],
])('%s', (_what, remote, forwardedFor, address) => {
  expect(addressOf(remote, forwardedFor)).toBe(address);
});

test('a connection that is gone has no address', () => {
  expect(addressOf(undefined, '203.0.113.9')).toBeUndefined();
});
