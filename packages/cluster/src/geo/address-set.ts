import { BlockList, isIP } from 'node:net';

/** A set of IP addresses, given as ranges. An IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) counts as IPv4. */
export interface AddressSet {
  /** Returns false for text that is not an IP address. */
  has(address: string): boolean;
}

const FAMILIES = { 4: 'ipv4', 6: 'ipv6' } as const;
const ADDRESS_BITS = { 4: 32, 6: 128 } as const;

/**
 * @param ranges such as `10.0.0.0/8`, `2001:db8::/32` or a single address
 * @throws Error if one of them is not a range of IP addresses
 */
export function createAddressSet(ranges: readonly string[]): AddressSet {
  const list = new BlockList();
  for (const range of ranges) {
    const { address, family, prefixBits } = parseAddressRange(range);
    list.addSubnet(address, prefixBits, FAMILIES[family]);
  }
  return {
    has(address) {
      const family = isIP(address);
      return (family === 4 || family === 6) && list.check(address, FAMILIES[family]);
    },
  };
}

interface AddressRange {
  readonly address: string;
  readonly family: 4 | 6;
  readonly prefixBits: number;
}

/** @throws Error if it is not an IP address, or its prefix is longer than the address */
export function parseAddressRange(range: string): AddressRange {
  const [address = '', bits] = range.split('/');
  const family = isIP(address);
  if (family !== 4 && family !== 6) throw new Error(`${range} is not a range of IP addresses`);
  const prefixBits = bits === undefined ? ADDRESS_BITS[family] : Number(bits);
  const isPrefix = Number.isInteger(prefixBits) && prefixBits >= 0 && prefixBits <= ADDRESS_BITS[family];
  if (!isPrefix) throw new Error(`${range} is not a range of IP addresses`);
  return { address, family, prefixBits };
}
