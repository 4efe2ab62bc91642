/**
 * Work that can be interrupted: a generator that yields every fraction of a millisecond and returns the result. Nothing but its own
 * variables is changed before it returns, so work that is given up leaves nothing behind.
 */
export type InPieces<Result> = Generator<undefined, Result, undefined>;

/** How many m-sections, tracks or similar items may be handled without a pause. */
export const ITEMS_AT_ONCE = 8;

/** Does all the work in one go. */
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
