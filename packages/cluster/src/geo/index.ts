export { type AddressSet, createAddressSet } from './address-set.ts';
export { createGeoChain, createStaticGeo, type GeoResolver, type LocatedRange } from './geo-resolver.ts';
export { createGeoipLiteGeo, type GeoipLite, loadGeoipLite } from './geoip-lite-geo.ts';
