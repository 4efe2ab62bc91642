/** Below this rate, not even audio gets through. */
export const MIN_RATE_BPS = 30_000;
/** More than everything that one peer may watch; a higher estimate would be of no use. */
export const MAX_RATE_BPS = 50_000_000;
/** A link between nodes carries the tracks of thousands of subscribers, and is limited only by its network cards. */
export const MAX_LINK_RATE_BPS = 10_000_000_000;

/** @returns the rate within the bounds of an estimate; the lower bound if it is not a number */
export function clampRate(rateBps: number, maxBps = MAX_RATE_BPS): number {
  return rateBps > MIN_RATE_BPS ? Math.min(rateBps, maxBps) : MIN_RATE_BPS;
}
