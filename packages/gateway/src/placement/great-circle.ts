import type { GeoPoint } from '@causeway/sfu';

const EARTH_RADIUS_KM = 6_371;
const RADIANS_PER_DEGREE = Math.PI / 180;

/** Distance over the surface of the earth, by the haversine formula: good to half a percent. */
export function greatCircleKm(a: GeoPoint, b: GeoPoint): number {
  const latitudeA = a.latitudeDegrees * RADIANS_PER_DEGREE;
  const latitudeB = b.latitudeDegrees * RADIANS_PER_DEGREE;
  const longitudes = (b.longitudeDegrees - a.longitudeDegrees) * RADIANS_PER_DEGREE;
  const chord = Math.sin((latitudeB - latitudeA) / 2) ** 2 + Math.cos(latitudeA) * Math.cos(latitudeB) * Math.sin(longitudes / 2) ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(chord)));
}
