import type { GeoPoint } from '@causeway/sfu';
import { createAddressSet, parseAddressRange } from './address-set.ts';

/** Locates an address on earth, as far as that is known. It is only a first guess at which node is near. */
export interface GeoResolver {
  /**
   * @param address literal IPv4 or IPv6; anything else is nowhere
   * @returns undefined if nothing is known, as for private and loopback addresses; never throws
   */
  locate(address: string): GeoPoint | undefined;
}

/** Asks one after the other; without any, nothing is known of any address. */
export function createGeoChain(resolvers: readonly GeoResolver[]): GeoResolver {
  return {
    locate(address) {
      for (const resolver of resolvers) {
        const point = resolver.locate(address);
        if (point !== undefined) return point;
      }
      return undefined;
    },
  };
}

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
