/** The parts of the bench: each measures, and prints its tables as soon as they are known. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchOptions } from './bench-options.ts';
import type { Contestant, ContestantName, Load } from './contestants/contestant.ts';
import { measureForwardingRounds } from './measure/forwarding.ts';
import { measureSessions, type SessionCosts } from './measure/sessions.ts';
import { type CpuProfile, topSelfTimes } from './profile/self-time.ts';
import { formatForwarding } from './report/forwarding-report.ts';
import { formatJoins, formatMemory, formatSelfTimes } from './report/sessions-report.ts';
import type { Printer } from './report/table.ts';
import { RunningBench } from './running-bench.ts';

const LOAD: Load = { packetsPerSecond: 250, packetBytes: 1200 };
const WARM_UP_MS = 1000;
/** A server runs for days; 250 packets a second need this long to have everything optimized. */
const RUN_IN_MS = 20_000;
const PROFILE_MS = 5000;
const PROFILE_LINES = 25;

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
    if (causeway !== undefined && cpuProfilePath !== undefined) printer.print(await profile(causeway, cpuProfilePath));
  }, options.otherCheckout);
}

/** Joins and memory come of one measurement: `parts` says which of its tables to print. */
export async function runSessions(options: BenchOptions, parts: { joins: boolean; memory: boolean }, printer: Printer): Promise<void> {
  const names = options.contestants.filter((name) => name !== 'floor');
  const costs = new Map<ContestantName, SessionCosts>();
  for (const name of names) {
    printer.note(`sessions: ${name}`);
    const measure = async (bench: RunningBench): Promise<SessionCosts> =>
      measureSessions(await bench.startSfu(name), bench.load, options.sessions);
    const own = await RunningBench.with(measure, options.otherCheckout);
    costs.set(name, own);
  }
  if (parts.joins) printer.print(`CPU of the SFU for a join, ${options.sessions} joins in 4 batches\n\n${formatJoins(costs)}`);
  if (parts.memory)
    printer.print(`Memory of the SFU, forced collection, difference over ${options.sessions} sessions\n\n${formatMemory(costs)}`);
}

/** A run of its own after the measurements, since sampling costs time. */
async function profile(causeway: Contestant, path: string): Promise<string> {
  await causeway.process.ask('startProfile');
  await causeway.start();
  await sleep(PROFILE_MS);
  await causeway.pause();
  await causeway.process.ask('stopProfile', path);
  const cpuProfile = JSON.parse(await readFile(path, 'utf8')) as CpuProfile;
  return `Profile of Causeway, ${PROFILE_MS / 1000} s, written to ${path}\n\n${formatSelfTimes(topSelfTimes(cpuProfile, PROFILE_LINES))}`;
}
