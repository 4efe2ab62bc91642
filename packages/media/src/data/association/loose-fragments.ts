/**
 * Fragments of unordered DATA on one stream. They carry no number of their message: those with TSNs in a row, from one that begins to one
 * that ends, are a message.
 */
import { placeAmong } from './message-fragments.ts';

export interface LooseFragment {
  readonly protocolId: number;
  readonly isBeginning: boolean;
  readonly isEnd: boolean;
  readonly part: Uint8Array;
}

/** How often the length of a message that has not ended is looked at, in fragments. */
const MEASURE_EVERY = 256;

export class LooseFragments {
  /** Ascending, unwrapped. */
  readonly #tsns: number[] = [];
  readonly #fragments: LooseFragment[] = [];

  /** Adds a fragment. @returns those of the message that it completes, which are gone from here; undefined if it completes none */
  add(tsn: number, fragment: LooseFragment): LooseFragment[] | undefined {
    const index = placeAmong(this.#tsns, tsn);
    this.#tsns.splice(index, 0, tsn);
    this.#fragments.splice(index, 0, fragment);
    // In order of arrival only an end completes something: looking back at each fragment would cost the square of their number.
    if (index === this.#fragments.length - 1 && !fragment.isEnd) return undefined;
    const first = this.#walk(index, -1, 'isBeginning');
    const last = first === undefined ? undefined : this.#walk(index, 1, 'isEnd');
    return first === undefined || last === undefined ? undefined : this.#take(first, last - first + 1);
  }

  /** Whether the newest fragments make a message that is too long already; looked at only now and then. */
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

  /** Forgets what its sender has given up. @returns those fragments */
  takeUpTo(tsn: number): LooseFragment[] {
    return this.#take(0, placeAmong(this.#tsns, tsn + 1));
  }

  /** Goes over neighbours until one has the mark. @returns its index; undefined if a TSN is missing on the way */
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
