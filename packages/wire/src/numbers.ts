/**
 * Reads and writes numbers in network byte order by offset, without a `DataView`, which would have to be allocated per
 * packet. Callers check bounds: a read past the end yields zeros for the missing bytes, and a write there is dropped.
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

/** Writes an unsigned 16-bit number; higher bits are ignored. @returns the offset after it */
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
 * Returns the same number in the representation that V8 stores best. A result of fractional arithmetic, or a value from
 * a `Float64Array`, is stored in a field as a heap object, which costs a memory access to read and an allocation to
 * change. Below 2^31, a plain integer suffices.
 */
export function compactNumber(value: number): number {
  const compact = value | 0;
  return compact === value ? compact : value;
}
