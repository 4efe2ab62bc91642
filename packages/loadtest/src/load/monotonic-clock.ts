/** A clock that all processes of one machine share and that nobody sets: what send times are stamped with. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
