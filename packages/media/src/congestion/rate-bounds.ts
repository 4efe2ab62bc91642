/** Below this not even sound gets through. */
export const MIN_RATE_BPS = 30_000;
/** More than all that one peer may watch; an estimate beyond says nothing that anybody needs. */
export const MAX_RATE_BPS = 50_000_000;

/** @returns the rate within the bounds of every estimate; the lower bound in the place of what is no number */
export function clampRate(rateBps: number): number {
  return rateBps > MIN_RATE_BPS ? Math.min(rateBps, MAX_RATE_BPS) : MIN_RATE_BPS;
}
