/** The process of an abuser. The process that measures is another one, because it must not mistake its own slowness for the node's. */
import { playAdversary } from '../adversary.ts';
import { ABUSES } from './abuses.ts';
import type { StatusCounts } from './raw-http.ts';

export interface AbuserTask {
  readonly abuse: string;
  readonly url: string;
  readonly seconds: number;
}

playAdversary<AbuserTask, StatusCounts>(async ({ abuse: name, url, seconds }) => {
  const abuse = ABUSES.find((candidate) => candidate.name === name);
  if (abuse === undefined) throw new Error(`There is no abuse "${name}"`);
  const counts: StatusCounts = new Map();
  const endMs = performance.now() + 1000 * seconds;
  await Promise.all(
    Array.from({ length: abuse.atOnce }, async () => {
      do await abuse.once(new URL(url), counts);
      while (performance.now() < endMs);
    }),
  );
  return counts;
});
