/**
 * The same number, as V8 keeps it best. A number that comes out of a calculation with fractions or out of a `Float64Array` is an object of
 * its own when it is kept in a field: one more to be fetched from memory, and made again with each change. Below 2^31 it need not be.
 */
export function compactNumber(value: number): number {
  const compact = value | 0;
  return compact === value ? compact : value;
}
