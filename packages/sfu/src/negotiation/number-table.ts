/**
 * Numbers that mean something for the whole session: payload types and header-extension ids. Once a number has a meaning it never
 * gets another one, because bundled m-sections share them (RFC 9143 §9.1) and Chromium rejects a description that breaks this.
 */
export interface NumberTable {
  readonly numberOf: ReadonlyMap<string, number>;
  readonly taken: ReadonlySet<number>;
}

export const EMPTY_NUMBER_TABLE: NumberTable = { numberOf: new Map(), taken: new Set() };

/**
 * Notes numbers that the client chose. The first number of a meaning stays; further ones are only taken. A number that the SFU had given
 * another meaning, in an offer that cannot have reached the client then, is the client's from now on.
 *
 * @param isRival whether two meanings of one number exclude each other
 */
export function learnNumbers(
  table: NumberTable,
  entries: Iterable<readonly [meaning: string, number: number]>,
  isRival: (one: string, other: string) => boolean = () => true,
): NumberTable {
  const numberOf = new Map(table.numberOf);
  const taken = new Set(table.taken);
  for (const [meaning, number] of entries) {
    if (taken.has(number)) forgetRivals(numberOf, meaning, number, isRival);
    taken.add(number);
    if (!numberOf.has(meaning)) numberOf.set(meaning, number);
  }
  return { numberOf, taken };
}

function forgetRivals(
  numberOf: Map<string, number>,
  meaning: string,
  number: number,
  isRival: (one: string, other: string) => boolean,
): void {
  for (const [other, otherNumber] of numberOf) {
    if (otherNumber === number && other !== meaning && isRival(other, meaning)) numberOf.delete(other);
  }
}

/** @returns the number of a meaning, new from the candidates if it has none yet; undefined when they are used up */
export function allocateNumber(
  table: NumberTable,
  meaning: string,
  candidates: readonly number[],
): { readonly table: NumberTable; readonly number: number } | undefined {
  const known = table.numberOf.get(meaning);
  if (known !== undefined) return { table, number: known };
  const number = candidates.find((candidate) => !table.taken.has(candidate));
  return number === undefined ? undefined : { table: learnNumbers(table, [[meaning, number]]), number };
}
