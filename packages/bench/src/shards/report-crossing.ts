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
  const packets: string[][] = [];
  const deliveries: string[][] = [];
  const window = { warmUpMs: WARM_UP_MS, measureMs: 1000 * secondsPerWindow };
  for (const { tracks, subscribers } of CROSSINGS) {
    const plan = { load: LOAD, tracks, subscribers, rounds, window, runInMs: RUN_IN_MS };
    const cost = await measureCrossingCost(plan, (scene) => note(`crossing: ${tracks} tracks, ${subscribers} subscribers ${scene}`));
    packets.push([String(tracks), String(subscribers), ...describePackets(cost)]);
    deliveries.push([String(tracks), String(subscribers), ...describeDeliveries(cost)]);
  }
  print(
    `Crossing from one worker to the other: tracks of ${LOAD.packetsPerSecond} packets/s to N subscribers, all on the publisher's shard or ` +
      'all on the other. A crossing is what the second costs above the first, sending and taking in together; a local subscriber is what each of ' +
      'some more on the same shard adds.',
  );
  print(formatTable(['tracks', 'N', 'local us/packet', 'crossing us/packet', 'x local'], packets));
  print('The same for each packet that reaches a subscriber:');
  print(formatTable(['tracks', 'N', 'at home us/packet', 'elsewhere', 'x at home', 'lost', 'corrupted'], deliveries));
}

function describePackets({ rounds }: CrossingCost): string[] {
  const figures = figuresOf(rounds);
  return [figures(({ local }) => local, 1), figures(({ crossing }) => crossing, 1), figures(({ crossing, local }) => crossing / local, 2)];
}

function describeDeliveries({ rounds, samples }: CrossingCost): string[] {
  const figures = figuresOf(rounds);
  return [
    figures(({ deliveredAtHome }) => deliveredAtHome, 1),
    figures(({ deliveredElsewhere }) => deliveredElsewhere, 1),
    figures(({ deliveredElsewhere, deliveredAtHome }) => deliveredElsewhere / deliveredAtHome, 2),
    ...formatLosses(samples),
  ];
}

function figuresOf(rounds: readonly CrossingMicros[]) {
  return (figure: (micros: CrossingMicros) => number, decimals: number): string => formatSpread(rounds.map(figure), decimals);
}
