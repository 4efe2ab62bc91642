/**
 * Which TSNs have arrived: all up to one, and ranges behind gaps. TSNs are unwrapped here.
 *
 * @see RFC 9260 §6.2
 */
import { tsnDistance } from '@causeway/wire';

/** Gap blocks have 16 bits; half of what they reach is more than any window holds in full packets. */
const MAX_AHEAD = 32_768;
/** A window of full packets of which every fifth is lost has fewer. */
const MAX_RANGES = 1_024;
const MAX_DUPLICATES = 20;

export class ReceivedTsns {
  /** Everything up to here has arrived, or was given up by its sender. */
  cumulativeTsn: number;
  /** Received more than once since the last SACK, as on the wire. */
  readonly duplicates: number[] = [];
  /** Ranges behind the gap, ascending, none adjacent to another. */
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  /** @param initialTsn what the peer's first chunk has */
  constructor(initialTsn: number) {
    this.cumulativeTsn = initialTsn - 1;
  }

  get hasGaps(): boolean {
    return this.#starts.length > 0;
  }

  /** The unwrapped TSN that is nearest to those that are awaited. */
  unwrap(tsn: number): number {
    return this.cumulativeTsn + tsnDistance(this.cumulativeTsn >>> 0, tsn);
  }

  /** Whether it has arrived, or is taken for that; noted for the next SACK if so. */
  isDuplicate(tsn: number): boolean {
    const isKnown = tsn <= this.cumulativeTsn || this.#rangeOf(tsn) >= 0;
    if (isKnown && this.duplicates.length < MAX_DUPLICATES) this.duplicates.push(tsn >>> 0);
    return isKnown;
  }

  /** Whether there is room to remember a TSN that has not arrived before. */
  hasRoomFor(tsn: number): boolean {
    return tsn === this.cumulativeTsn + 1 || (tsn <= this.cumulativeTsn + MAX_AHEAD && this.#starts.length < MAX_RANGES);
  }

  /** Notes one that is no duplicate. */
  add(tsn: number): void {
    if (tsn === this.cumulativeTsn + 1) {
      this.cumulativeTsn = tsn;
      this.#absorb();
      return;
    }
    const after = this.#firstEndingFrom(tsn - 1);
    const touchesBefore = after < this.#starts.length && this.#ends[after] === tsn - 1;
    const next = touchesBefore ? after + 1 : after;
    const touchesNext = next < this.#starts.length && this.#starts[next] === tsn + 1;
    if (touchesBefore && touchesNext) {
      this.#ends[after] = this.#ends[next];
      this.#starts.splice(next, 1);
      this.#ends.splice(next, 1);
    } else if (touchesBefore) {
      this.#ends[after] = tsn;
    } else if (touchesNext) {
      this.#starts[next] = tsn;
    } else {
      this.#starts.splice(next, 0, tsn);
      this.#ends.splice(next, 0, tsn);
    }
  }

  /** The sender has given up everything up to here. */
  advanceTo(tsn: number): void {
    this.cumulativeTsn = Math.max(this.cumulativeTsn, tsn);
    this.#absorb();
  }

  /** @param max how many fit @returns starts and ends in turn, as distances from the cumulative TSN */
  gapBlocks(max: number): number[] {
    const blocks: number[] = [];
    for (let index = 0; index < Math.min(max, this.#starts.length); index++) {
      blocks.push(this.#starts[index] - this.cumulativeTsn, this.#ends[index] - this.cumulativeTsn);
    }
    return blocks;
  }

  /** Takes the ranges in that the cumulative TSN has come to. */
  #absorb(): void {
    let count = 0;
    for (; count < this.#starts.length && this.#starts[count] <= this.cumulativeTsn + 1; count++) {
      this.cumulativeTsn = Math.max(this.cumulativeTsn, this.#ends[count]);
    }
    if (count === 0) return;
    this.#starts.splice(0, count);
    this.#ends.splice(0, count);
  }

  #rangeOf(tsn: number): number {
    const index = this.#firstEndingFrom(tsn);
    return index < this.#starts.length && this.#starts[index] <= tsn ? index : -1;
  }

  /** The first range that ends at this TSN or behind it. */
  #firstEndingFrom(tsn: number): number {
    let low = 0;
    let high = this.#ends.length;
    // Most often it is behind all of them.
    if (high > 0 && this.#ends[high - 1] < tsn) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ends[middle] < tsn) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
