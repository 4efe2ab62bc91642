/** Fragments of one message, in order of their places: TSNs (unwrapped) of DATA, fragment numbers of I-DATA. */
export class MessageFragments {
  protocolId = 0;
  bytes = 0;
  readonly #places: number[] = [];
  readonly #parts: Uint8Array[] = [];
  #firstPlace: number | undefined;
  #lastPlace: number | undefined;

  get count(): number {
    return this.#parts.length;
  }

  /** All fragments are there, from the first to the last. */
  get isComplete(): boolean {
    const [first] = this.#places;
    const last = this.#places[this.#places.length - 1];
    return first === this.#firstPlace && last === this.#lastPlace && last - first + 1 === this.count;
  }

  /** @returns false if there is one at this place */
  add(place: number, part: Uint8Array, { isBeginning, isEnd }: { readonly isBeginning: boolean; readonly isEnd: boolean }): boolean {
    const index = placeAmong(this.#places, place);
    if (this.#places[index] === place) return false;
    if (index === this.#places.length) {
      this.#places.push(place);
      this.#parts.push(part);
    } else {
      this.#places.splice(index, 0, place);
      this.#parts.splice(index, 0, part);
    }
    this.bytes += part.length;
    if (isBeginning) this.#firstPlace = place;
    if (isEnd) this.#lastPlace = place;
    return true;
  }

  join(): Uint8Array {
    if (this.#parts.length === 1) return this.#parts[0];
    const message = new Uint8Array(this.bytes);
    let at = 0;
    for (const part of this.#parts) {
      message.set(part, at);
      at += part.length;
    }
    return message;
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
