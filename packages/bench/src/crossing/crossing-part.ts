/** `npm run bench -- crossing` measures the cost of passing packets between threads in several ways. */
import type { BenchOptions } from '../bench-options.ts';
import { interleave } from '../measure/rounds.ts';
import { formatSpread } from '../report/figures.ts';
import { formatTable, type Printer } from '../report/table.ts';
import { CARRIERS, type CarrierName } from './carriers.ts';
import { type CrossingSample, measureCrossing } from './measure-crossing.ts';

const BURSTS_PER_SECOND = 250;
const PACKET_BYTES = 1200;
const BURST_SIZES = [1, 4, 16];
const NAMES = Object.keys(CARRIERS) as CarrierName[];

export async function runCrossing({ rounds, secondsPerWindow }: BenchOptions, { print, note }: Printer): Promise<void> {
  print(
    `Crossing: packets of ${PACKET_BYTES} bytes from one thread to another, ${BURSTS_PER_SECOND} bursts a second; CPU us a packet of both threads, ` +
      `less what they cost when nothing crosses; median (range) of ${rounds} x ${secondsPerWindow} s, in turns.`,
  );
  const rows = new Map(NAMES.filter((name) => name !== 'nothing').map((name): [CarrierName, string[]] => [name, [name]]));
  let lost = 0;
  for (const burstPackets of BURST_SIZES) {
    const samples = new Map(NAMES.map((name): [CarrierName, CrossingSample[]] => [name, []]));
    for (const name of interleave(NAMES, rounds)) {
      note(`${burstPackets} at once: ${name}`);
      const load = { burstsPerSecond: BURSTS_PER_SECOND, burstPackets, packetBytes: PACKET_BYTES };
      samples.get(name)?.push(await measureCrossing(name, load, 1000 * secondsPerWindow));
    }
    for (const [name, row] of rows) {
      row.push(formatSpread(microsAbove(samples.get(name) ?? [], samples.get('nothing') ?? []), 1));
      // The two counts are taken at slightly different times, so some packets may be in flight.
      lost += (samples.get(name) ?? []).filter(({ sent, received }) => sent - received > 2 * burstPackets).length;
    }
  }
  print(formatTable(['', ...BURST_SIZES.map((size) => `${size} at once`)], [...rows.values()]));
  print(lost === 0 ? 'No packet was lost.' : `Packets were lost in ${lost} windows.`);
}

/** Compares within each round, since the load of the machine changes between rounds. */
function microsAbove(own: readonly CrossingSample[], idle: readonly CrossingSample[]): number[] {
  return own.map(({ cpuMicros, received }, round) => (cpuMicros - (idle[round]?.cpuMicros ?? 0)) / received);
}
