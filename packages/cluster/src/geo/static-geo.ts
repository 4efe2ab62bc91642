import type { GeoPoint } from '@causeway/sfu';
import { createAddressSet, parseAddressRange } from './address-set.ts';
import type { GeoResolver } from './geo-resolver.ts';

/** Where the addresses of a range are. */
export interface LocatedRange {
  readonly range: string;
  readonly location: GeoPoint;
}

/**
 * What an operator wrote down; the narrowest range that holds an address counts. Private addresses may be among them.
 *
 * @throws Error – a range is none
 */
export function createStaticGeo(networks: readonly LocatedRange[]): GeoResolver {
  const narrowestFirst = networks
    .map(({ range, location }) => ({ location, addresses: createAddressSet([range]), prefixBits: parseAddressRange(range).prefixBits }))
    .sort((a, b) => b.prefixBits - a.prefixBits);
  return { locate: (address) => narrowestFirst.find(({ addresses }) => addresses.has(address))?.location };
}
