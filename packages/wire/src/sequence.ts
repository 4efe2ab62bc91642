/**
 * Arithmetic on RTP sequence numbers and timestamps. Both wrap, so they are never compared with `<` or `>` anywhere else:
 * raw values are compared here, and code that must sort or index them unwraps them first.
 *
 * @see RFC 3550 §5.1 (fields), RFC 1982 §3.2 (serial number arithmetic)
 */

declare const seq16: unique symbol;
declare const extendedSeq: unique symbol;
declare const extendedTicks: unique symbol;

/** A sequence number as it is on the wire: 0 … 65,535, wrapping. */
export type Seq16 = number & { readonly [seq16]: true };

/** An unwrapped sequence number: grows without limit, so it may be compared, sorted and subtracted. */
export type ExtendedSeq = number & { readonly [extendedSeq]: true };

/** An unwrapped RTP timestamp, in ticks of the stream's clock. */
export type ExtendedTicks = number & { readonly [extendedTicks]: true };

/** The low 16 bits of any whole number, negative ones included: what goes on the wire for an unwrapped sequence number. */
export function toSeq16(value: number): Seq16 {
  return (value & 0xffff) as Seq16;
}

/**
 * How many steps `to` lies after `from` on the circle of 65,536, by the shorter way: -32,768 … 32,767.
 * Exactly half a circle counts as backwards, where RFC 1982 leaves the order undefined.
 */
export function seq16Distance(from: Seq16, to: Seq16): number {
  return ((to - from) << 16) >> 16;
}

/** Whether `a` was sent after `b`, assuming less than half a circle between them. */
export function isNewerSeq16(a: Seq16, b: Seq16): boolean {
  return seq16Distance(b, a) > 0;
}

/** How many ticks the 32-bit RTP timestamp `to` lies after `from`, by the shorter way: -2^31 … 2^31-1. */
export function timestampDistance(from: number, to: number): number {
  return (to - from) | 0;
}

/** How many steps the 32-bit number `to` of SCTP (a TSN, say) lies after `from`, by the shorter way: -2^31 … 2^31-1. */
export function tsnDistance(from: number, to: number): number {
  return (to - from) | 0;
}

/**
 * Turns the sequence numbers of one stream, in arrival order, into unwrapped ones.
 *
 * The first value maps to itself. A value that is older than the first by the shorter way round becomes negative, which
 * keeps the order right without an artificial offset; `toSeq16` takes it back to the wire value all the same.
 */
export class SequenceUnwrapper {
  #highest: ExtendedSeq | undefined;

  /** The newest value seen; undefined before the first. */
  get highest(): ExtendedSeq | undefined {
    return this.#highest;
  }

  /** Unwraps to the value nearest to the highest so far, and raises that when this one is newer. */
  unwrap(seq: Seq16): ExtendedSeq {
    const unwrapped = this.peek(seq);
    if (this.#highest === undefined || unwrapped > this.#highest) this.#highest = unwrapped;
    return unwrapped;
  }

  /** What `unwrap` would return, changing nothing: for values that are not yet trusted. */
  peek(seq: Seq16): ExtendedSeq {
    const highest = this.#highest;
    if (highest === undefined) return seq as number as ExtendedSeq;
    return (highest + seq16Distance(toSeq16(highest), seq)) as ExtendedSeq;
  }
}

/** As `SequenceUnwrapper`, for the 32-bit timestamps of one RTP stream. */
export class TimestampUnwrapper {
  #highest: ExtendedTicks | undefined;

  /** The newest timestamp seen; undefined before the first. */
  get highest(): ExtendedTicks | undefined {
    return this.#highest;
  }

  /** Unwraps to the value nearest to the highest so far, and raises that when this one is newer. */
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
