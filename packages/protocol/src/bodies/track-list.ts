import { z } from 'zod';
import { LIMITS } from '../limits.ts';

/** List of the tracks one call is about, at most `LIMITS.maxTracksPerCall`; more fail with `too_many_tracks`. */
export function trackList<Item extends z.ZodType>(item: Item) {
  return z.array(item).max(LIMITS.maxTracksPerCall, `must name at most ${LIMITS.maxTracksPerCall} tracks`);
}
