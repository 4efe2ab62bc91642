import type { GeoPoint } from '@causeway/sfu';
import type { GeoResolver } from './geo-resolver.ts';

/** The part of geoip-lite that is used. */
export interface GeoipLite {
  lookup(address: string): { readonly ll?: readonly [latitudeDegrees: number | null, longitudeDegrees: number | null] } | null;
}

/**
 * Looks addresses up in the database of the npm package geoip-lite, which takes about 150 MB of memory and 100 ms to
 * load. The package is an optional dependency and its data have a licence of their own (MaxMind's), so it is loaded
 * only when this is called.
 *
 * @returns undefined if the package is not installed
 */
export async function loadGeoipLite(): Promise<GeoResolver | undefined> {
  try {
    const module: GeoipLite & { readonly default?: GeoipLite } = await import('geoip-lite');
    return createGeoipLiteGeo(module.default ?? module);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Creates a resolver that looks addresses up in a loaded database of geoip-lite. */
export function createGeoipLiteGeo(geoip: GeoipLite): GeoResolver {
  return { locate: (address) => pointOf(geoip.lookup(address)?.ll) };
}

function pointOf([latitudeDegrees, longitudeDegrees]: readonly (number | null)[] = []): GeoPoint | undefined {
  if (typeof latitudeDegrees !== 'number' || typeof longitudeDegrees !== 'number') return undefined;
  // The database has zeros where it knows the country at most. Zeros would be a place in the Gulf of Guinea.
  return latitudeDegrees === 0 && longitudeDegrees === 0 ? undefined : { latitudeDegrees, longitudeDegrees };
}

function isMissing(error: unknown): boolean {
  const { code } = error as { readonly code?: string };
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}
