/** Only what is used here; the package is optional, so its types may not be there. */
declare module 'geoip-lite' {
  /** Undefined in a database of countries alone. */
  export interface Lookup {
    readonly ll?: readonly [latitudeDegrees: number | null, longitudeDegrees: number | null];
  }
  export function lookup(address: string): Lookup | null;
}
