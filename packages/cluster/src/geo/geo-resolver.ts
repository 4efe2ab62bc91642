import type { GeoPoint } from '@causeway/sfu';
import { createAddressSet, parseAddressRange } from './address-set.ts';

/** Locates an IP address on earth, if its location is known. The result is only a first estimate of which node is near. */
export interface GeoResolver {
  /**
   * @param address literal IPv4 or IPv6; any other text has no location
   * @returns undefined if the location is unknown, as for private and loopback addresses; never throws
   */
  locate(address: string): GeoPoint | undefined;
}

/** Asks the resolvers in order until one knows the address. */
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

/** A range of addresses and its location. */
export interface LocatedRange {
  readonly range: string;
  readonly location: GeoPoint;
}

/**
 * Locates addresses by an operator's list. The narrowest range that contains the address wins. Private addresses may be
 * listed.
 *
 * @throws Error if a range is invalid
 */
export function createStaticGeo(networks: readonly LocatedRange[]): GeoResolver {
  const narrowestFirst = networks
    .map(({ range, location }) => ({ location, addresses: createAddressSet([range]), prefixBits: parseAddressRange(range).prefixBits }))
    .sort((a, b) => b.prefixBits - a.prefixBits);
  return { locate: (address) => narrowestFirst.find(({ addresses }) => addresses.has(address))?.location };
}
