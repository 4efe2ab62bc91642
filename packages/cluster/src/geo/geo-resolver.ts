import type { GeoPoint } from '@causeway/sfu';

/** Tells where on earth an address is, as well as anybody knows. Only a first guess at which node is near. */
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
