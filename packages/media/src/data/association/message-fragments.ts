import { JoinBuffers } from './join-buffers.ts';

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
    buffers.give(this.#joined);
    this.#joined = NOTHING;
    return message;
  }

  #append(place: number, part: Uint8Array): void {
    const neededBytes = this.#joinedBytes + part.length;
    if (neededBytes > this.#joined.length) {
      const grown = buffers.take(neededBytes);
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
function placeAmong(places: readonly number[], place: number): number {
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

/**
 * Fragments of unordered DATA on one stream. They carry no message number: fragments with consecutive TSNs, from a beginning to an end,
 * make up a message.
 */
export interface LooseFragment {
  readonly protocolId: number;
  readonly isBeginning: boolean;
  readonly isEnd: boolean;
  readonly part: Uint8Array;
}

/** How often the length of an incomplete message is checked, in fragments. */
const MEASURE_EVERY = 256;

export class LooseFragments {
  /** Ascending and unwrapped. */
  readonly #tsns: number[] = [];
  readonly #fragments: LooseFragment[] = [];

  /** Adds a fragment. @returns the fragments of the message that it completes, after removing them; undefined if it completes none */
  add(tsn: number, fragment: LooseFragment): LooseFragment[] | undefined {
    const index = placeAmong(this.#tsns, tsn);
    this.#tsns.splice(index, 0, tsn);
    this.#fragments.splice(index, 0, fragment);
    // If fragments arrive in order, only an end can complete a message. A search at each fragment would have quadratic cost.
    if (index === this.#fragments.length - 1 && !fragment.isEnd) return undefined;
    const first = this.#walk(index, -1, 'isBeginning');
    const last = first === undefined ? undefined : this.#walk(index, 1, 'isEnd');
    return first === undefined || last === undefined ? undefined : this.#take(first, last - first + 1);
  }

  /** Whether the newest fragments already make up a message that is too long. Checked only from time to time. */
  isOversized(maxBytes: number): boolean {
    const { length } = this.#fragments;
    if (length % MEASURE_EVERY !== 0) return false;
    let bytes = 0;
    for (let index = length - 1; index >= 0 && bytes <= maxBytes; index--) {
      bytes += this.#fragments[index].part.length;
      if (this.#fragments[index].isBeginning || this.#tsns[index - 1] !== this.#tsns[index] - 1) break;
    }
    return bytes > maxBytes;
  }

  /** Removes fragments that the sender has given up. @returns these fragments */
  takeUpTo(tsn: number): LooseFragment[] {
    return this.#take(0, placeAmong(this.#tsns, tsn + 1));
  }

  /** Walks over consecutive fragments to one with the mark. @returns its index; undefined if a TSN is missing on the way */
  #walk(from: number, step: -1 | 1, mark: 'isBeginning' | 'isEnd'): number | undefined {
    for (let index = from; ; index += step) {
      if (this.#fragments[index][mark]) return index;
      if (this.#tsns[index + step] !== this.#tsns[index] + step) return undefined;
    }
  }

  #take(first: number, count: number): LooseFragment[] {
    this.#tsns.splice(first, count);
    return this.#fragments.splice(first, count);
  }
}
