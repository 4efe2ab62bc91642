/**
 * Records which TSNs have arrived: everything up to the cumulative TSN, and ranges behind gaps. TSNs are unwrapped here.
 *
 * @see RFC 9260 §6.2
 */
import { tsnDistance } from '@causeway/wire';

/** Gap blocks have 16 bits. Half of their reach exceeds any window of full packets. */
const MAX_AHEAD = 32_768;
/** Even if every fifth packet of a full window is lost, there are fewer ranges. */
const MAX_RANGES = 1_024;
const MAX_DUPLICATES = 20;

export class ReceivedTsns {
  /** Everything up to this TSN has arrived, or was given up by the sender. */
  cumulativeTsn: number;
  /** TSNs received more than once since the last SACK, as on the wire. */
  readonly duplicates: number[] = [];
  /** Ranges behind the gap, ascending and not adjacent. */
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  /** @param initialTsn TSN of the peer's first chunk */
  constructor(initialTsn: number) {
    this.cumulativeTsn = initialTsn - 1;
  }

  get hasGaps(): boolean {
    return this.#starts.length > 0;
  }

  /** The unwrapped TSN that is closest to the cumulative one. */
  unwrap(tsn: number): number {
    return this.cumulativeTsn + tsnDistance(this.cumulativeTsn >>> 0, tsn);
  }

  /** Whether the TSN has arrived or was skipped. If so, it is recorded for the next SACK. */
  isDuplicate(tsn: number): boolean {
    const isKnown = tsn <= this.cumulativeTsn || this.#rangeOf(tsn) >= 0;
    if (isKnown && this.duplicates.length < MAX_DUPLICATES) this.duplicates.push(tsn >>> 0);
    return isKnown;
  }

  /** Whether there is room to record a new TSN. */
  hasRoomFor(tsn: number): boolean {
    return tsn === this.cumulativeTsn + 1 || (tsn <= this.cumulativeTsn + MAX_AHEAD && this.#starts.length < MAX_RANGES);
  }

  /** Records a TSN that is not a duplicate. */
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

  /** Skips everything up to this TSN, which the sender has given up. */
  advanceTo(tsn: number): void {
    this.cumulativeTsn = Math.max(this.cumulativeTsn, tsn);
    this.#absorb();
  }

  /** @param max how many blocks fit @returns alternating starts and ends, relative to the cumulative TSN */
  gapBlocks(max: number): number[] {
    const blocks: number[] = [];
    for (let index = 0; index < Math.min(max, this.#starts.length); index++) {
      blocks.push(this.#starts[index] - this.cumulativeTsn, this.#ends[index] - this.cumulativeTsn);
    }
    return blocks;
  }

  /** Removes the ranges that the cumulative TSN has reached. */
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

  /** Index of the first range that ends at or after this TSN. */
  #firstEndingFrom(tsn: number): number {
    let low = 0;
    let high = this.#ends.length;
    // Usually it is after all of them.
    if (high > 0 && this.#ends[high - 1] < tsn) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ends[middle] < tsn) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
