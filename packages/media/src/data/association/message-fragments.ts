import { JoinBuffers } from './join-buffers.ts';

/**
 * How much room the first fragment takes, in multiples of its size. More fragments follow it, but a message that is never completed must
 * not take much more memory than its fragments.
 */
const GROWTH_FACTOR = 2;
const NOTHING = new Uint8Array(0);
/** Messages are joined one after another, so all of them share these. */
const buffers = new JoinBuffers();

/**
 * Fragments of one message by position: unwrapped TSNs for DATA, fragment numbers for I-DATA. Consecutive fragments from the first one on
 * are joined as they arrive, in a buffer that grows. A separate array for each would cost more than copying.
 */
export class MessageFragments {
  protocolId = 0;
  bytes = 0;
  count = 0;
  /** The joined fragments, followed by unused space. */
  #joined = NOTHING;
  #joinedBytes = 0;
  /** The position of the next fragment to join; undefined before the first. */
  #nextPlace: number | undefined;
  #lastPlace: number | undefined;
  /** Fragments that arrived ahead of others. */
  readonly #places: number[] = [];
  readonly #parts: Uint8Array[] = [];

  /** Whether all fragments from the first to the last have arrived. */
  get isComplete(): boolean {
    return this.#lastPlace !== undefined && this.#nextPlace === this.#lastPlace + 1 && this.#places.length === 0;
  }

  /** Adds a fragment, whose bytes are copied because the packet may be on loan. @returns false if there already is one at this position */
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

  /** Returns the complete message, which the caller may keep. It must be called only once. */
  join(): Uint8Array {
    const message = new Uint8Array(this.#joined.subarray(0, this.#joinedBytes));
    this.discard();
    return message;
  }

  /** Drops the fragments, of which some may be missing. */
  discard(): void {
    buffers.give(this.#joined);
    this.#joined = NOTHING;
  }

  #append(place: number, part: Uint8Array): void {
    const neededBytes = this.#joinedBytes + part.length;
    if (neededBytes > this.#joined.length) {
      const grown = buffers.take(Math.max(GROWTH_FACTOR * part.length, neededBytes));
      grown.set(this.#joined.subarray(0, this.#joinedBytes));
      buffers.give(this.#joined);
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
    // `slice` does not copy the bytes of a Buffer in Node.
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

/** The index of a position in an ascending list, or the index where to insert it. */
export function placeAmong(places: readonly number[], place: number): number {
  let low = 0;
  let high = places.length;
  // If fragments arrive in order, the position is behind all others.
  if (high > 0 && places[high - 1] < place) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle] < place) low = middle + 1;
    else high = middle;
  }
  return low;
}
