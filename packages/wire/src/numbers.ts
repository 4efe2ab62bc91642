/**
 * The numbers in packets: reading and writing them in network byte order, and arithmetic on those that wrap.
 *
 * They are read by offset, without a `DataView`, which would have to be allocated per packet. Callers check bounds: a read
 * past the end yields zeros for the missing bytes, and a write there is dropped.
 *
 * Sequence numbers and timestamps wrap, so raw values are compared only here, never with `<` or `>`; code that sorts or
 * indexes them unwraps them first.
 *
 * @see RFC 3550 §5.1 (fields), RFC 1982 §3.2 (serial number arithmetic)
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

declare const seq16: unique symbol;
declare const extendedSeq: unique symbol;
declare const extendedTicks: unique symbol;

/** A sequence number as it is on the wire: 0 to 65,535, wrapping. */
export type Seq16 = number & { readonly [seq16]: true };

/** An unwrapped sequence number. It grows without limit, so it may be compared, sorted and subtracted. */
export type ExtendedSeq = number & { readonly [extendedSeq]: true };

/** An unwrapped RTP timestamp, in ticks of the stream's clock. */
export type ExtendedTicks = number & { readonly [extendedTicks]: true };

/** Returns the low 16 bits of an integer, which may be negative: the wire form of an unwrapped sequence number. */
export function toSeq16(value: number): Seq16 {
  return (value & 0xffff) as Seq16;
}

/**
 * Returns how many steps `to` is after `from` on the circle of 65,536, by the shorter way: -32,768 to 32,767. Exactly
 * half the circle counts as backwards; RFC 1982 leaves that order undefined.
 */
export function seq16Distance(from: Seq16, to: Seq16): number {
  return ((to - from) << 16) >> 16;
}

/** Whether `a` was sent after `b`, if less than half the circle lies between them. */
export function isNewerSeq16(a: Seq16, b: Seq16): boolean {
  return seq16Distance(b, a) > 0;
}

/** Returns how many ticks the 32-bit RTP timestamp `to` is after `from`, by the shorter way: -2^31 to 2^31-1. */
export function timestampDistance(from: number, to: number): number {
  return (to - from) | 0;
}

/** Returns how many steps the 32-bit SCTP number `to`, such as a TSN, is after `from`, by the shorter way: -2^31 to 2^31-1. */
export function tsnDistance(from: number, to: number): number {
  return (to - from) | 0;
}

/**
 * Unwraps the sequence numbers of one stream, in order of arrival.
 *
 * The first value maps to itself. A value that is older than the first becomes negative if necessary, which keeps the
 * order right without an artificial offset; `toSeq16` still converts it to its wire value.
 */
export class SequenceUnwrapper {
  #highest: ExtendedSeq | undefined;

  /** The newest value so far; undefined before the first. */
  get highest(): ExtendedSeq | undefined {
    return this.#highest;
  }

  /** Unwraps to the value nearest to the highest so far, and updates the highest if this one is newer. */
  unwrap(seq: Seq16): ExtendedSeq {
    const unwrapped = this.peek(seq);
    if (this.#highest === undefined || unwrapped > this.#highest) this.#highest = unwrapped;
    return unwrapped;
  }

  /** Returns what `unwrap` would return, without a change, for values that are not trusted yet. */
  peek(seq: Seq16): ExtendedSeq {
    const highest = this.#highest;
    if (highest === undefined) return seq as number as ExtendedSeq;
    return (highest + seq16Distance(toSeq16(highest), seq)) as ExtendedSeq;
  }
}

/** Like `SequenceUnwrapper`, for the 32-bit timestamps of one RTP stream. */
export class TimestampUnwrapper {
  #highest: ExtendedTicks | undefined;

  /** The newest timestamp so far; undefined before the first. */
  get highest(): ExtendedTicks | undefined {
    return this.#highest;
  }

  /** Unwraps to the value nearest to the highest so far, and updates the highest if this one is newer. */
  unwrap(timestamp: number): ExtendedTicks {
    const highest = this.#highest;
    if (highest === undefined) {
      this.#highest = (timestamp >>> 0) as ExtendedTicks;
      return this.#highest;
    }
    const unwrapped = (highest + timestampDistance(highest, timestamp)) as ExtendedTicks;
    if (unwrapped > highest) this.#highest = unwrapped;
    return unwrapped;
  }
}
