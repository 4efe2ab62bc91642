/**
 * Network byte order on byte arrays, by offset and without views: `DataView` objects would have to be made per packet.
 * Callers check bounds; a read past the end yields zeros in the missing places, a write there is dropped.
 */

/** Reads an unsigned 16-bit number in network byte order. */
export function readUint16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset] << 8) | bytes[offset + 1];
}

export function readUint24(bytes: Uint8Array, offset: number): number {
  return (bytes[offset] << 16) | (bytes[offset + 1] << 8) | bytes[offset + 2];
}

/** Reads an unsigned 32-bit number in network byte order. */
export function readUint32(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] << 24) | (bytes[offset + 1] << 16) | (bytes[offset + 2] << 8) | bytes[offset + 3]) >>> 0;
}

/** @returns the offset after the value, as do the other writers; higher bits of the value are ignored */
export function writeUint16(out: Uint8Array, offset: number, value: number): number {
  out[offset] = value >>> 8;
  out[offset + 1] = value;
  return offset + 2;
}

export function writeUint24(out: Uint8Array, offset: number, value: number): number {
  out[offset] = value >>> 16;
  out[offset + 1] = value >>> 8;
  out[offset + 2] = value;
  return offset + 3;
}

/** Writes an unsigned 32-bit number in network byte order. @returns the offset after it */
export function writeUint32(out: Uint8Array, offset: number, value: number): number {
  out[offset] = value >>> 24;
  out[offset + 1] = value >>> 16;
  out[offset + 2] = value >>> 8;
  out[offset + 3] = value;
  return offset + 4;
}

/**
 * The same number, as V8 keeps it best. A number that comes out of a calculation with fractions or out of a `Float64Array` is an object of
 * its own when it is kept in a field: one more to be fetched from memory, and made again with each change. Below 2^31 it need not be.
 */
export function compactNumber(value: number): number {
  const compact = value | 0;
  return compact === value ? compact : value;
}
