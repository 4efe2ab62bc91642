/** Declares only what is used here. The package is optional, so its own types may be missing. */
declare module 'geoip-lite' {
  /** Undefined in a database that has only countries. */
  export interface Lookup {
    readonly ll?: readonly [latitudeDegrees: number | null, longitudeDegrees: number | null];
  }
  export function lookup(address: string): Lookup | null;
}
