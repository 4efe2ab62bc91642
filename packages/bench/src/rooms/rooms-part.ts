/** `npm run bench -- rooms` measures what a forwarded packet costs in calls. */
import type { BenchOptions } from '../bench-options.ts';
import type { Contestant, SfuName } from '../contestants/contestant.ts';
import { measureInTurns } from '../measure/measure-in-turns.ts';
import { formatRows } from '../report/forwarding-report.ts';
import type { Printer } from '../report/table.ts';
import { RunningBench } from '../running-bench.ts';
import { runInMsAt } from '../scenes/measure-scenes.ts';
import { packetsPerSecondOf, ROOM_SHAPES, type RoomShape } from './room-shapes.ts';
import { createRooms } from './rooms-contestant.ts';

const WARM_UP_MS = 1_000;

export async function runRooms(options: BenchOptions, printer: Printer): Promise<void> {
  const { rounds, secondsPerWindow, contestants } = options;
  const names = contestants.filter((name) => name !== 'floor');
  printer.print(
    'Rooms: video in the bursts of its frames, each publisher with a phase of its own, subscribers with ' +
      `transport-wide feedback; median (range) of ${rounds} x ${secondsPerWindow} s, contestants taking turns.`,
  );
  for (const shape of ROOM_SHAPES.filter(({ name }) => options.shapes === undefined || options.shapes.includes(name)))
    await measureShape(shape, names, options, printer);
}

async function measureShape(shape: RoomShape, names: readonly SfuName[], options: BenchOptions, printer: Printer): Promise<void> {
  const { rounds, secondsPerWindow, otherCheckout } = options;
  const samples = await RunningBench.with(async (bench) => {
    const contestants: Contestant<SfuName>[] = [];
    for (const name of names) contestants.push(await createRooms(await bench.startSfu(name), shape, bench.load));
    const window = { warmUpMs: WARM_UP_MS, measureMs: 1000 * secondsPerWindow };
    const runInMs = runInMsAt(packetsPerSecondOf(shape));
    return measureInTurns(contestants, { rounds, window, runInMs }, (name) => printer.note(`${shape.name}: ${name}`));
  }, otherCheckout);
  const tracks = shape.tracks.map(
    ({ kind = 'video', packetsPerSecond, packetBytes }) => `${kind} ${packetsPerSecond}/s of ${packetBytes} bytes`,
  );
  printer.print(`${shape.name}, each publisher ${tracks.join(' and ')}\n\n${formatRows(samples)}`);
}
