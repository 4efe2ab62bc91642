/**
 * Fragments of unordered DATA on one stream. They carry no message number: fragments with consecutive TSNs, from a beginning to an end,
 * make up a message.
 */
import { placeAmong } from './message-fragments.ts';

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
