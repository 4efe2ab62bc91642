/** What of `npm run bench -- shards` is about packets that cross from one worker thread to the other. */
import type { BenchOptions } from '../bench-options.ts';
import type { Load } from '../contestants/contestant.ts';
import { formatSpread } from '../report/figures.ts';
import { formatLosses } from '../report/forwarding-report.ts';
import type { Printer } from '../report/printer.ts';
import { formatTable } from '../report/table.ts';
import { type CrossingCost, type CrossingMicros, measureCrossingCost } from './crossing-cost.ts';

const LOAD: Load = { packetsPerSecond: 250, packetBytes: 1200 };
const WARM_UP_MS = 1_000;
const RUN_IN_MS = 20_000;

/** One track alone, and as many as a busy node has at least; one subscriber beside one other, and one of many. */
const CROSSINGS = [
  { tracks: 1, subscribers: 1 },
  { tracks: 10, subscribers: 1 },
  { tracks: 10, subscribers: 8 },
] as const;

export async function reportCrossing({ rounds, secondsPerWindow }: BenchOptions, { print, note }: Printer): Promise<void> {
  const rows: string[][] = [];
  const window = { warmUpMs: WARM_UP_MS, measureMs: 1000 * secondsPerWindow };
  for (const { tracks, subscribers } of CROSSINGS) {
    const plan = { load: LOAD, tracks, subscribers, rounds, window, runInMs: RUN_IN_MS };
    const cost = await measureCrossingCost(plan, (scene) => note(`crossing: ${tracks} tracks, ${subscribers} subscribers ${scene}`));
    rows.push([String(tracks), String(subscribers), ...describe(cost)]);
  }
  print(
    `Crossing from one worker to the other: tracks of ${LOAD.packetsPerSecond} packets/s to N subscribers, all on the publisher's shard or ` +
      'all on the other. A crossing is what the second costs above the first, sending and taking in together; a local subscriber is what each of ' +
      'some more on the same shard adds.',
  );
  print(formatTable(['tracks', 'N', 'local us/packet', 'crossing us/packet', 'x local', 'lost', 'corrupted'], rows));
}

function describe({ rounds, samples }: CrossingCost): string[] {
  const figures = (figure: (micros: CrossingMicros) => number, decimals: number): string => formatSpread(rounds.map(figure), decimals);
  return [
    figures(({ local }) => local, 1),
    figures(({ crossing }) => crossing, 1),
    figures(({ crossing, local }) => crossing / local, 2),
    ...formatLosses(samples),
  ];
}
