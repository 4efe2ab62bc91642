/** `npm run bench -- rooms`: what a forwarded packet costs in calls, and what a session costs that does nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchOptions } from '../bench-options.ts';
import type { Contestant, SfuName } from '../contestants/contestant.ts';
import type { RunningSfu } from '../contestants/sfu-contestant.ts';
import { measureInTurns } from '../measure/measure-in-turns.ts';
import { interleave } from '../measure/rounds.ts';
import { formatSpread } from '../report/figures.ts';
import { formatRows } from '../report/forwarding-report.ts';
import { formatTable, type Printer } from '../report/table.ts';
import { RunningBench } from '../running-bench.ts';
import { runInMsAt } from '../scenes/measure-scenes.ts';
import { PACKET_BYTES, ROOM_SHAPES, type RoomShape } from './room-shapes.ts';
import { createRooms } from './rooms-contestant.ts';

const WARM_UP_MS = 1_000;
const JOINS_AT_ONCE = 4;
/** Garbage of the joins is collected, and what was compiled for them has been. */
const SETTLE_MS = 5_000;

export async function runRooms(options: BenchOptions, printer: Printer): Promise<void> {
  const { rounds, secondsPerWindow, contestants } = options;
  const names = contestants.filter((name) => name !== 'floor');
  printer.print(
    `Rooms: packets of ${PACKET_BYTES} bytes in the bursts of video frames, each publisher with a phase of its own, subscribers with ` +
      `transport-wide feedback; median (range) of ${rounds} x ${secondsPerWindow} s, contestants taking turns.`,
  );
  for (const shape of ROOM_SHAPES.filter(({ name }) => options.shapes === undefined || options.shapes.includes(name)))
    await measureShape(shape, names, options, printer);
  await measureIdle(names, options, printer);
}

async function measureShape(shape: RoomShape, names: readonly SfuName[], options: BenchOptions, printer: Printer): Promise<void> {
  const { rounds, secondsPerWindow, otherCheckout } = options;
  const { rooms, publishersEach, packetsPerSecond } = shape;
  const samples = await RunningBench.with(async (bench) => {
    const contestants: Contestant<SfuName>[] = [];
    for (const name of names) contestants.push(await createRooms(await bench.startSfu(name), shape, bench.load));
    const window = { warmUpMs: WARM_UP_MS, measureMs: 1000 * secondsPerWindow };
    const runInMs = runInMsAt(rooms * publishersEach * packetsPerSecond);
    return measureInTurns(contestants, { rounds, window, runInMs }, (name) => printer.note(`${shape.name}: ${name}`));
  }, otherCheckout);
  printer.print(`${shape.name}, ${packetsPerSecond} packets/s of each publisher\n\n${formatRows(samples)}`);
}

/** Connected sessions without media; they check consent as browsers do. */
async function measureIdle(names: readonly SfuName[], options: BenchOptions, { print, note }: Printer): Promise<void> {
  const { rounds, secondsPerWindow, sessions, otherCheckout } = options;
  const millisPerSecond = await RunningBench.with(async (bench) => {
    const figures = new Map(names.map((name): [SfuName, { empty: number[]; full: number[] }] => [name, { empty: [], full: [] }]));
    const running: RunningSfu[] = [];
    for (const name of names) running.push(await bench.startSfu(name));
    const measure = async (key: 'empty' | 'full'): Promise<void> => {
      for (const { name, process } of interleave(running, rounds)) {
        const before = await process.ask('cpuMicros');
        await sleep(1000 * secondsPerWindow);
        figures.get(name)?.[key].push(((await process.ask('cpuMicros')) - before) / (1000 * secondsPerWindow));
      }
    };
    await sleep(SETTLE_MS);
    await measure('empty');
    for (const { name: sfu, address } of running) {
      note(`idle: ${sfu}`);
      await bench.load.crowd.ask('open', { sfu, address });
      await bench.load.crowd.ask('join', { sfu, tracks: [], count: sessions, atOnce: JOINS_AT_ONCE, diligence: 'count' });
    }
    await sleep(SETTLE_MS);
    await measure('full');
    return figures;
  }, otherCheckout);
  const rows = [...millisPerSecond].map(([name, { empty, full }]) => [
    name,
    formatSpread(empty, 1),
    formatSpread(full, 1),
    formatSpread(
      full.map((millis) => millis / sessions),
      3,
    ),
  ]);
  print(
    `Idle, CPU ms a second: nobody connected, ${sessions} sessions without media\n\n${formatTable(['contestant', 'empty', 'with sessions', 'each'], rows)}`,
  );
}
