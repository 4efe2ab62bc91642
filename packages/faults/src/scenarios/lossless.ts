import type { RegionReport } from './call.ts';
import { exactly, type Finding } from './finding.ts';

/** Checks that nothing was lost, repeated or changed in any region. */
export function lossless(where: string, reports: Readonly<Record<string, RegionReport>>): Finding[] {
  return Object.entries(reports).flatMap(([region, { watchers, expected, lost, duplicates, corrupted, longestGapMs }]) => [
    exactly(`${where}: lost by ${watchers} in ${region}, of ${expected} (longest gap ${Math.round(longestGapMs)} ms)`, lost, 0),
    exactly(`${where}: corrupted or duplicate packets in ${region}`, corrupted + duplicates, 0),
  ]);
}
