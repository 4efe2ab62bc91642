/** The parts of the bench. Each measures, and prints its tables as soon as they are complete. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchOptions } from './bench-options.ts';
import type { Contestant, ContestantName, Load, SfuName } from './contestants/contestant.ts';
import type { RunningSfu } from './contestants/sfu-contestant.ts';
import { measureForwardingRounds } from './measure/forwarding.ts';
import { joinInTurns, type MemoryCosts, measureMemory } from './measure/sessions.ts';
import { type CpuProfile, topSelfTimes } from './profile/self-time.ts';
import { formatForwarding } from './report/forwarding-report.ts';
import { formatJoins, formatMemory, formatSelfTimes } from './report/sessions-report.ts';
import type { Printer } from './report/table.ts';
import { RunningBench } from './running-bench.ts';

const LOAD: Load = { packetsPerSecond: 250, packetBytes: 1200 };
const WARM_UP_MS = 1000;
/** A server runs for days. With 250 packets a second, it takes this long until everything is optimized. */
const RUN_IN_MS = 20_000;
const PROFILE_MS = 5000;
const PROFILE_LINES = 25;
const PROFILED_JOINS = 200;

export async function runForwarding(options: BenchOptions, contestants: readonly ContestantName[], printer: Printer): Promise<void> {
  const { rounds, secondsPerWindow, subscriberCounts, cpuProfilePath } = options;
  printer.print(
    `Forwarding: 1 publisher, ${LOAD.packetsPerSecond} packets/s of ${LOAD.packetBytes} bytes, evenly paced, to N subscribers; ` +
      `median (range) of ${rounds} x ${secondsPerWindow} s, contestants taking turns.`,
  );
  const window = { warmUpMs: WARM_UP_MS, measureMs: 1000 * secondsPerWindow };
  await RunningBench.with(async (bench) => {
    const running: Contestant[] = [];
    for (const name of contestants) running.push(await bench.startContestant(name, LOAD));
    await measureForwardingRounds(
      running,
      { subscriberCounts, rounds, window, runInMs: RUN_IN_MS },
      {
        onTurn: (subscribers, name) => printer.note(`N = ${subscribers}: ${name}`),
        onResult: (result) => printer.print(formatForwarding(result)),
      },
    );
    const causeway = running.find(({ name }) => name === 'causeway');
    if (causeway === undefined || cpuProfilePath === undefined) return;
    const selfTimes = await profile(causeway, cpuProfilePath, () => carry(causeway));
    printer.print(`Profile of Causeway, ${PROFILE_MS / 1000} s, written to ${cpuProfilePath}\n\n${selfTimes}`);
  }, options.otherCheckout);
}

export async function runJoins(options: BenchOptions, printer: Printer): Promise<void> {
  const { sessions, otherCheckout, cpuProfilePath } = options;
  await RunningBench.with(async (bench) => {
    const running: RunningSfu[] = [];
    for (const name of sfusOf(options)) running.push(await bench.startSfu(name));
    printer.note(`joins: ${running.map(({ name }) => name).join(', ')}`);
    const groups = await joinInTurns(running, bench.load, sessions);
    const joins = new Map(groups.map((group) => [group.name, group.joins]));
    printer.print(`CPU of the SFU for a join, ${sessions} joins in batches\n\n${formatJoins(joins)}`);
    const causeway = running.find(({ name }) => name === 'causeway');
    if (causeway === undefined || cpuProfilePath === undefined) return;
    const profiled = { sfu: causeway.name, tracks: [], count: PROFILED_JOINS, atOnce: 1, diligence: 'count' } as const;
    const selfTimes = await profile(causeway, cpuProfilePath, () => bench.load.crowd.ask('join', profiled));
    printer.print(`Profile of ${PROFILED_JOINS} joins, written to ${cpuProfilePath}\n\n${selfTimes}`);
  }, otherCheckout);
}

/** Each figure comes from a process of its own, because memory that was freed is not returned to the system. */
export async function runMemory(options: BenchOptions, printer: Printer): Promise<void> {
  const { sessions, rounds, otherCheckout } = options;
  const names = sfusOf(options);
  const memory = new Map<SfuName, MemoryCosts[]>(names.map((name) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [name, costs] of memory) {
      printer.note(`memory, round ${round}: ${name}`);
      costs.push(await RunningBench.with(async (bench) => measureMemory(await bench.startSfu(name), bench.load, sessions), otherCheckout));
    }
  }
  printer.print(
    `Memory of the SFU, forced collection, slope over ${sessions} sessions, median (range) of ${rounds} processes\n\n${formatMemory(memory)}`,
  );
}

function sfusOf({ contestants }: BenchOptions): SfuName[] {
  return contestants.filter((name) => name !== 'floor');
}

/** Runs the load again after the measurements, since sampling costs time. @returns the functions with the most self time */
async function profile({ process }: Pick<Contestant, 'process'>, path: string, work: () => Promise<unknown>): Promise<string> {
  await process.ask('startProfile');
  await work();
  await process.ask('stopProfile', path);
  const cpuProfile = JSON.parse(await readFile(path, 'utf8')) as CpuProfile;
  return formatSelfTimes(topSelfTimes(cpuProfile, PROFILE_LINES));
}

async function carry(contestant: Contestant): Promise<void> {
  await contestant.start();
  await sleep(PROFILE_MS);
  await contestant.pause();
}
