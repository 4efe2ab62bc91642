/** How much room the first fragment of a message gets, in fragments: several follow, and what never completes must not take much more than it has. */
const GROWTH_FACTOR = 2;

/**
 * Fragments of one message, by their places: TSNs (unwrapped) of DATA, fragment numbers of I-DATA. Those in a row from the first one on are
 * put together as they come, in a buffer that grows; an array for each would cost more than copying them does.
 */
export class MessageFragments {
  protocolId = 0;
  bytes = 0;
  count = 0;
  /** What is put together, with room behind it. */
  #joined = new Uint8Array(0);
  #joinedBytes = 0;
  /** The place that goes on with it; undefined before the first fragment. */
  #nextPlace: number | undefined;
  #lastPlace: number | undefined;
  /** What has come ahead of others. */
  readonly #places: number[] = [];
  readonly #parts: Uint8Array[] = [];

  /** All fragments are there, from the first to the last. */
  get isComplete(): boolean {
    return this.#lastPlace !== undefined && this.#nextPlace === this.#lastPlace + 1 && this.#places.length === 0;
  }

  /** @param part copied, since the packet it lies in may be on loan @returns false if there is one at this place */
  add(place: number, part: Uint8Array, { isBeginning, isEnd }: { readonly isBeginning: boolean; readonly isEnd: boolean }): boolean {
    if (place === this.#nextPlace || (isBeginning && this.#nextPlace === undefined)) this.#append(place, part);
    else if (this.#nextPlace !== undefined && place < this.#nextPlace) return false;
    else if (!this.#keep(place, part)) return false;
    this.count++;
    this.bytes += part.length;
    if (isEnd) this.#lastPlace = place;
    if (this.#places.length > 0) this.#absorb();
    return true;
  }

  /** The message, whose bytes are the caller's to keep; call it once. */
  join(): Uint8Array {
    const waste = this.#joined.length - this.#joinedBytes;
    // It may be kept for long.
    return waste > this.#joinedBytes / 8 ? this.#joined.slice(0, this.#joinedBytes) : this.#joined.subarray(0, this.#joinedBytes);
  }

  #append(place: number, part: Uint8Array): void {
    const neededBytes = this.#joinedBytes + part.length;
    if (neededBytes > this.#joined.length) {
      const grown = new Uint8Array(Math.max(2 * this.#joined.length, GROWTH_FACTOR * part.length, neededBytes));
      grown.set(this.#joinedBytes === this.#joined.length ? this.#joined : this.#joined.subarray(0, this.#joinedBytes));
      this.#joined = grown;
    }
    this.#joined.set(part, this.#joinedBytes);
    this.#joinedBytes = neededBytes;
    this.#nextPlace = place + 1;
  }

  #keep(place: number, part: Uint8Array): boolean {
    const index = placeAmong(this.#places, place);
    if (this.#places[index] === place) return false;
    this.#places.splice(index, 0, place);
    // Not `slice`, which of a Buffer of Node copies nothing.
    this.#parts.splice(index, 0, new Uint8Array(part));
    return true;
  }

  #absorb(): void {
    let count = 0;
    for (; count < this.#places.length && this.#places[count] === this.#nextPlace; count++)
      this.#append(this.#places[count], this.#parts[count]);
    if (count === 0) return;
    this.#places.splice(0, count);
    this.#parts.splice(0, count);
  }
}

/** Where a place is in an ascending list, or belongs. */
export function placeAmong(places: readonly number[], place: number): number {
  let low = 0;
  let high = places.length;
  // In order of arrival it is behind all of them.
  if (high > 0 && places[high - 1] < place) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle] < place) low = middle + 1;
    else high = middle;
  }
  return low;
}
