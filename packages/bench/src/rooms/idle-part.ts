/** `npm run bench -- idle` measures what an inactive session costs. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchOptions } from '../bench-options.ts';
import type { SfuName } from '../contestants/contestant.ts';
import type { RunningSfu } from '../contestants/sfu-contestant.ts';
import { interleave } from '../measure/rounds.ts';
import { formatSpread } from '../report/figures.ts';
import { formatTable, type Printer } from '../report/table.ts';
import { RunningBench } from '../running-bench.ts';

const JOINS_AT_ONCE = 4;
/** After this time, garbage of the joins is collected, and their code is compiled. */
const SETTLE_MS = 5_000;

/** Connected sessions without media; they check consent as browsers do. */
export async function runIdle(options: BenchOptions, { print, note }: Printer): Promise<void> {
  const { rounds, secondsPerWindow, sessions, otherCheckout, contestants } = options;
  const names = contestants.filter((name) => name !== 'floor');
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
