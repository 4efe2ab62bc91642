/** The process of a greedy app. The process that measures is another one, because it must not mistake its own slowness for the node's. */
import { playAdversary } from '../adversary.ts';
import { GREEDS, type GreedTask } from './greeds.ts';
import type { StatusCounts } from './raw-http.ts';

/** Counts of status codes for each greed, in their order. */
export type GreedReport = readonly StatusCounts[];

playAdversary<GreedTask, GreedReport>((task) =>
  Promise.all(
    GREEDS.map(async (greed) => {
      const counts: StatusCounts = new Map();
      await greed.indulge(task, counts);
      return counts;
    }),
  ),
);
