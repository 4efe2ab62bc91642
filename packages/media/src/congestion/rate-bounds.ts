/** Below this not even sound gets through. */
export const MIN_RATE_BPS = 30_000;
/** More than all that one peer may watch; a higher estimate would be of no use. */
export const MAX_RATE_BPS = 50_000_000;
/** A link between nodes carries the tracks of thousands: only network cards set it a limit. */
export const MAX_LINK_RATE_BPS = 10_000_000_000;

/** @returns the rate within the bounds of an estimate; the lower bound in the place of what is no number */
export function clampRate(rateBps: number, maxBps = MAX_RATE_BPS): number {
  return rateBps > MIN_RATE_BPS ? Math.min(rateBps, maxBps) : MIN_RATE_BPS;
}
