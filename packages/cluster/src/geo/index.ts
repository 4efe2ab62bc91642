export { type AddressSet, createAddressSet } from './address-set.ts';
export { createGeoChain, type GeoResolver } from './geo-resolver.ts';
export { createGeoipLiteGeo, type GeoipLite, loadGeoipLite } from './geoip-lite-geo.ts';
export { createStaticGeo, type LocatedRange } from './static-geo.ts';
