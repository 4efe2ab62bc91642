/**
 * Work that can be interrupted: a generator that yields after every fraction of a millisecond and returns the result.
 * It changes nothing but its own variables before it returns, so abandoned work has no effect.
 */
export type InPieces<Result> = Generator<undefined, Result, undefined>;

/** The number of m-sections, tracks or similar items that may be handled between two pauses. */
export const ITEMS_AT_ONCE = 8;

/** Runs the work without pauses. */
export function atOnce<Result>(work: InPieces<Result>): Result {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

/** Maps a list, with a pause after every few items. */
export function* mapInPieces<Item, Result>(
  items: readonly Item[],
  map: (item: Item, index: number) => Result,
): InPieces<readonly Result[]> {
  const results: Result[] = [];
  for (const [index, item] of items.entries()) {
    results.push(map(item, index));
    if (results.length % ITEMS_AT_ONCE === 0) yield;
  }
  return results;
}
