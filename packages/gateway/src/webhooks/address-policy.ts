/**
 * Decides which addresses webhooks may be sent to: public ones, and those that the operator allows in addition. App owners choose the URLs,
 * and must not be able to reach through a node what only the node can reach.
 *
 * @see IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890, RFC 8190)
 */
import { BlockList, isIP } from 'node:net';

/** IPv4 ranges that are not globally reachable, and one address that only machines in Azure can reach. */
const NOT_PUBLIC_IPV4: readonly string[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];

/** This range contains all global unicast addresses, but none that embed an IPv4 address (`::ffff:0:0/96`, `64:ff9b::/96`). */
const GLOBAL_UNICAST_IPV6 = '2000::/3';
/** Exceptions within that range: protocol assignments including Teredo, documentation, and 6to4, which embeds an IPv4 address. */
const NOT_PUBLIC_IPV6: readonly string[] = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const NOT_PUBLIC = listOf([...NOT_PUBLIC_IPV4, ...NOT_PUBLIC_IPV6]);
const GLOBAL_UNICAST = listOf([GLOBAL_UNICAST_IPV6]);

/** Whether a webhook may be sent to an address. */
export type AddressVerdict =
  | 'public'
  /** The operator has allowed the address, even without TLS. */
  | 'allowed'
  | 'refused';

/** Decides which addresses webhooks may connect to. */
export interface AddressPolicy {
  /** Whether the operator has allowed any non-public address. */
  readonly hasExceptions: boolean;
  /** @param address an IP address as passed to a socket; anything else is refused */
  judge(address: string): AddressVerdict;
}

/** @param allowed addresses and ranges such as `10.1.0.0/16` that are allowed in addition to the public ones */
export function createAddressPolicy(allowed: readonly string[]): AddressPolicy {
  const exceptions = listOf(allowed);
  return {
    hasExceptions: allowed.length > 0,
    judge(address) {
      const version = isIP(address);
      // A URL cannot contain the zone of a link-local address.
      if (version === 0 || address.includes('%')) return 'refused';
      const family = version === 4 ? 'ipv4' : 'ipv6';
      if (exceptions.check(address, family)) return 'allowed';
      const isPublic = !NOT_PUBLIC.check(address, family) && (version === 4 || GLOBAL_UNICAST.check(address, family));
      return isPublic ? 'public' : 'refused';
    },
  };
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
