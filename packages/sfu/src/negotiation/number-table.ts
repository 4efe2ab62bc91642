import { sharedByText } from '@causeway/media';

/**
 * Numbers with a meaning for the whole session: payload types and header-extension ids. The meaning of a number never
 * changes, because bundled m-sections share the numbers (RFC 9143 §9.1) and Chromium rejects a description that breaks
 * this rule.
 */
export interface NumberTable {
  readonly numberOf: ReadonlyMap<string, number>;
  readonly taken: ReadonlySet<number>;
}

export const EMPTY_NUMBER_TABLE: NumberTable = { numberOf: new Map(), taken: new Set() };

/**
 * Records numbers that the client chose. A meaning keeps its first number; further ones only count as taken. If the SFU
 * had given the number another meaning, it did so in an offer that the client has not received, and the client's
 * meaning replaces it.
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
  return shareTable({ numberOf, taken });
}

const sharedTables = sharedByText<NumberTable>();

/** Returns the table that all sessions with the same numbers share. A browser's has dozens, and the next session's are the same. */
function shareTable(table: NumberTable): NumberTable {
  return sharedTables(JSON.stringify([...table.numberOf, ...table.taken]), () => table);
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

/** @returns the number of a meaning, allocated from the candidates if it has none yet; undefined if they are exhausted */
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
