import { isIP, isIPv6 } from 'node:net';
import type { GeoPoint, SocketAddress } from '@causeway/sfu';
import type { OptionKind } from './option-kinds.ts';

const MAX_ISSUER_LENGTH = 1_024;
const ADDRESS_BITS: Readonly<Record<number, number>> = { 4: 32, 6: 128 };

/** Whether an address is reachable only from this machine. */
export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

/** One or more of `203.0.113.7:8081` or `[2001:db8::7]:8081`, separated by commas. */
export const socketAddressList: OptionKind<readonly SocketAddress[]> = {
  expected: 'IP addresses with ports, such as 203.0.113.7:8081 or [2001:db8::7]:8081, separated by commas',
  read: (input) => readList(input, readSocketAddress),
};

/** A single socket address. */
export const socketAddress: OptionKind<SocketAddress> = {
  expected: 'an IP address with a port, such as 10.0.0.7:9464 or [2001:db8::7]:9464',
  read: readSocketAddress,
};

/** Addresses and address ranges as the operator writes them: `10.0.0.0/8`, `2001:db8::/32`, `192.0.2.1`. */
export const addressRangeList: OptionKind<readonly string[]> = {
  expected: 'IP addresses or ranges such as 10.0.0.0/8, separated by commas',
  read: (input) => readList(input, (text) => addressRange.read(text)),
};

export const addressRange: OptionKind<string> = {
  expected: 'an IP address or a range such as 10.0.0.0/8',
  read(input) {
    if (typeof input !== 'string') return undefined;
    const [address = '', bits, ...rest] = input.split('/');
    const maxBits = ADDRESS_BITS[isIP(address)];
    if (maxBits === undefined || rest.length > 0) return undefined;
    return bits === undefined || (/^[0-9]{1,3}$/.test(bits) && Number(bits) <= maxBits) ? input : undefined;
  },
};

export const location: OptionKind<GeoPoint> = {
  expected: 'latitude and longitude in degrees, such as 52.52,13.40',
  read(input) {
    const match = typeof input === 'string' ? /^(-?[0-9]{1,3}(?:\.[0-9]+)?), ?(-?[0-9]{1,3}(?:\.[0-9]+)?)$/.exec(input) : null;
    const [latitudeDegrees, longitudeDegrees] = [Number(match?.[1]), Number(match?.[2])];
    return Math.abs(latitudeDegrees) <= 90 && Math.abs(longitudeDegrees) <= 180 ? { latitudeDegrees, longitudeDegrees } : undefined;
  },
};

/** The base URL of an API, without a trailing slash. */
export const baseUrl: OptionKind<string> = {
  expected: 'a URL such as http://10.0.0.7:8080, without user, query and fragment',
  read(input) {
    if (typeof input !== 'string' || !URL.canParse(input)) return undefined;
    const { protocol, username, password, search, hash, origin, pathname } = new URL(input);
    const isBase = /^https?:$/.test(protocol) && [username, password, search, hash].every((part) => part === '');
    return isBase ? `${origin}${pathname}`.replace(/\/+$/, '') : undefined;
  },
};

/** An OpenID issuer, exactly as the provider writes it. Plain HTTP is for tests on this machine. */
export const issuerUrl: OptionKind<string> = {
  expected: 'a URL such as https://login.example, without user, query and fragment; http: only on this machine',
  read(input) {
    if (typeof input !== 'string' || input.length > MAX_ISSUER_LENGTH || !URL.canParse(input)) return undefined;
    const { protocol, username, password, search, hash, hostname } = new URL(input);
    const isSecure = protocol === 'https:' || (protocol === 'http:' && (hostname === 'localhost' || isLoopback(hostname)));
    return isSecure && [username, password, search, hash].every((part) => part === '') ? input : undefined;
  },
};

function readList<Item>(input: unknown, read: (text: unknown) => Item | undefined): readonly Item[] | undefined {
  const texts: unknown = typeof input === 'string' ? input.split(',').map((text) => text.trim()) : input;
  if (!Array.isArray(texts) || texts.length === 0) return undefined;
  const items = texts.map(read).filter((item) => item !== undefined);
  return items.length === texts.length ? items : undefined;
}

function readSocketAddress(text: unknown): SocketAddress | undefined {
  const [, bracketed, bare, portText] = /^(?:\[([^\]]+)\]|([^:]+)):([0-9]{1,5})$/.exec(String(text)) ?? [];
  const address = bracketed ?? bare ?? '';
  const port = Number(portText);
  const isAddress = bracketed === undefined ? isIP(address) === 4 : isIPv6(address);
  return isAddress && port >= 1 && port <= 65_535 ? { address, port } : undefined;
}
