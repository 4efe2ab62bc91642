/** We are wrong, not the caller: a defect of the SFU. It ends the call it happened in, not the process. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** @param why why the condition cannot be false */
export function invariant(condition: boolean, why: string): asserts condition {
  if (!condition) throw new InvariantError(why);
}
