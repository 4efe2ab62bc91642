/** A defect of the SFU, not an error of the caller. It ends the call in which it occurred, not the process. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** @param why why the condition always holds */
export function invariant(condition: boolean, why: string): asserts condition {
  if (!condition) throw new InvariantError(why);
}
