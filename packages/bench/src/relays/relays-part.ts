/** `npm run bench -- relays` and a part of `shards` measure what a packet costs that goes from one node to another. */
import type { BenchOptions } from '../bench-options.ts';
import type { Load } from '../contestants/contestant.ts';
import { formatCoreShare, formatQuotient, formatSpread } from '../report/figures.ts';
import { formatLosses } from '../report/forwarding-report.ts';
import { formatTable, type Printer } from '../report/table.ts';
import { runInMsAt } from '../scenes/measure-scenes.ts';
import { measureRelayCost, type RelayCost, type RelayMicros } from './relay-cost.ts';

const LOAD: Load = { packetsPerSecond: 250, packetBytes: 1200 };
/** When audiences have changed, histories take memory again, and V8 searches its heap because of that for longer than they reach back. */
const WARM_UP_MS = 4_000;

/** Compared with the cost of more subscribers, the cost of a packet itself is noise. */
const FEWEST = 1;
/** One subscriber on each node, where a relayed packet weighs most; a few; and one track for many. All four nodes must fit on one core. */
const RELAYS = [
  { tracks: 10, subscribers: FEWEST, moreSubscribers: 4 },
  { tracks: 5, subscribers: 4, moreSubscribers: 4 },
  { tracks: 1, subscribers: 30, moreSubscribers: 8 },
] as const;

export async function runRelays({ rounds, secondsPerWindow }: BenchOptions, { print, note }: Printer): Promise<void> {
  const packets: string[][] = [];
  const deliveries: string[][] = [];
  const window = { warmUpMs: WARM_UP_MS, measureMs: 1000 * secondsPerWindow };
  for (const { tracks, subscribers, moreSubscribers } of RELAYS) {
    const plan = { load: LOAD, tracks, subscribers, moreSubscribers, rounds, window, runInMs: runInMsAt(tracks * LOAD.packetsPerSecond) };
    const cost = await measureRelayCost(plan, (round) => note(`relay: ${tracks} tracks, ${subscribers} subscribers, round ${round}`));
    if (subscribers === FEWEST) packets.push([String(tracks), String(subscribers), ...describePackets(cost)]);
    deliveries.push([String(tracks), String(subscribers), ...describeDeliveries(cost, window.measureMs)]);
  }
  print(
    `Relays: tracks of ${LOAD.packetsPerSecond} packets/s to N subscribers on the publisher's node, and over a link to as many on another. A local ` +
      'subscriber is what each of some more on the same node adds. To send is what the publisher’s node pays beyond N subscribers; to take in, what ' +
      'the other one does, and beside it what a node pays for a packet of a publisher of its own. x local is of all windows together ' +
      '(and of each rotation). The four nodes carry their load side by side and change places, so that each has shown everything.',
  );
  print(formatTable(['tracks', 'N', 'local us/packet', 'sending', 'x local', 'taking in', 'from a publisher'], packets));
  print('The same of both nodes together, for each packet that reaches a subscriber:');
  print(formatTable(['tracks', 'N', 'at home us/packet', 'beyond the relay', 'x at home', 'of the core', 'lost', 'corrupted'], deliveries));
}

function describePackets({ rotations }: RelayCost): string[] {
  const figures = (figure: (micros: RelayMicros) => number, decimals: number): string => formatSpread(rotations.map(figure), decimals);
  return [
    figures(({ local }) => local, 1),
    figures(({ sending }) => sending, 1),
    formatQuotient(
      rotations.map(({ sending }) => sending),
      rotations.map(({ local }) => local),
    ),
    figures(({ takingIn }) => takingIn, 1),
    figures(({ publishing }) => publishing, 1),
  ];
}

function describeDeliveries({ rotations, samples, windows, spentMicros }: RelayCost, measureMs: number): string[] {
  return [
    formatSpread(
      rotations.map(({ deliveredAtHome }) => deliveredAtHome),
      1,
    ),
    formatSpread(
      rotations.map(({ deliveredBeyond }) => deliveredBeyond),
      1,
    ),
    formatSpread(
      rotations.map(({ deliveredBeyond, deliveredAtHome }) => deliveredBeyond / deliveredAtHome),
      2,
    ),
    formatCoreShare(spentMicros, windows * measureMs),
    ...formatLosses(samples),
  ];
}
