/** The part of `npm run bench -- shards` about packets that cross from one worker thread to the other. */
import type { BenchOptions } from '../bench-options.ts';
import { formatCoreShare, formatQuotient, formatSpread } from '../report/figures.ts';
import { formatLosses } from '../report/forwarding-report.ts';
import { formatTable, type Printer } from '../report/table.ts';
import { runInMsAt } from '../scenes/measure-scenes.ts';
import { type CrossingCost, type CrossingMicros, measureCrossingCost } from './crossing-cost.ts';

const PACKET_BYTES = 1200;
/**
 * When audiences have changed, histories take memory again, V8 searches its heap because of that, and code that meets other objects is
 * optimized again.
 */
const WARM_UP_MS = 8_000;

/**
 * One track alone, where both threads sleep between its packets; several tracks to a thread that is otherwise idle; then both threads at
 * work, in the last case about as hard as load clients on one core can make them work.
 */
const CROSSINGS = [
  { callsOn: 'one shard', tracks: 1, packetsPerSecond: 250, subscribers: 1, moreSubscribers: 8 },
  { callsOn: 'one shard', tracks: 10, packetsPerSecond: 250, subscribers: 1, moreSubscribers: 4 },
  { callsOn: 'both shards', tracks: 5, packetsPerSecond: 250, subscribers: 1, moreSubscribers: 4 },
  { callsOn: 'both shards', tracks: 5, packetsPerSecond: 500, subscribers: 1, moreSubscribers: 2 },
] as const;
const WHICH = ['publishers on', 'tracks of each', 'packets/s', 'N'];

export async function reportCrossing({ rounds, secondsPerWindow }: BenchOptions, { print, note }: Printer): Promise<void> {
  const packets: string[][] = [];
  const deliveries: string[][] = [];
  const window = { warmUpMs: WARM_UP_MS, measureMs: 1000 * secondsPerWindow };
  for (const { callsOn, tracks, packetsPerSecond, subscribers, moreSubscribers } of CROSSINGS) {
    const load = { packetsPerSecond, packetBytes: PACKET_BYTES };
    const plan = { load, callsOn, tracks, subscribers, moreSubscribers, rounds, window, runInMs: runInMsAt(tracks * packetsPerSecond) };
    const cost = await measureCrossingCost(plan, (round) => note(`crossing: ${tracks} tracks on ${callsOn}, round ${round}`));
    const which = [callsOn, ...[tracks, packetsPerSecond, subscribers].map(String)];
    packets.push([...which, ...describePackets(cost)]);
    deliveries.push([...which, ...describeDeliveries(cost, window.measureMs)]);
  }
  print(
    "Crossing from one worker to the other: tracks to N subscribers, all on their publisher's shard or all on the other. A crossing is what the " +
      'second costs above the first, sending and taking in together; a local subscriber is what each of some more on the same shard adds. ' +
      'x local is of all windows together (and of each rotation). The three nodes carry their load side by side and change places, so that ' +
      'each has shown everything.',
  );
  print(formatTable([...WHICH, 'local us/packet', 'crossing us/packet', 'x local'], packets));
  print(
    'These nodes have their sessions spread from the first on. One left to itself gives a thread none before the others are busy for a quarter ' +
      'of their time, so the rows where one thread works for what crosses alone show what that saves.',
  );
  print('The same for each packet that reaches a subscriber:');
  print(formatTable([...WHICH, 'at home us/packet', 'elsewhere', 'x at home', 'of the core', 'lost', 'corrupted'], deliveries));
}

function describePackets({ rotations }: CrossingCost): string[] {
  const figures = figuresOf(rotations);
  return [
    figures(({ local }) => local, 1),
    figures(({ crossing }) => crossing, 1),
    formatQuotient(
      rotations.map(({ crossing }) => crossing),
      rotations.map(({ local }) => local),
    ),
  ];
}

function describeDeliveries({ rotations, samples, windows }: CrossingCost, measureMs: number): string[] {
  const figures = figuresOf(rotations);
  return [
    figures(({ deliveredAtHome }) => deliveredAtHome, 1),
    figures(({ deliveredElsewhere }) => deliveredElsewhere, 1),
    figures(({ deliveredElsewhere, deliveredAtHome }) => deliveredElsewhere / deliveredAtHome, 2),
    formatCoreShare(
      samples.map(({ cpuMicros }) => cpuMicros),
      windows * measureMs,
    ),
    ...formatLosses(samples),
  ];
}

function figuresOf(rotations: readonly CrossingMicros[]) {
  return (figure: (micros: CrossingMicros) => number, decimals: number): string => formatSpread(rotations.map(figure), decimals);
}
