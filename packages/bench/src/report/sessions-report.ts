import { quantile } from '@causeway/loadtest';
import type { ContestantName } from '../contestants/contestant.ts';
import type { JoinCosts, MemoryCosts } from '../measure/sessions.ts';
import type { MemorySample } from '../processes/probe-verbs.ts';
import type { SelfTime } from '../profile/self-time.ts';
import { formatSpread } from './figures.ts';
import { formatTable } from './table.ts';

const BYTES_PER_KILOBYTE = 1e3;
const BYTES_PER_MEGABYTE = 1e6;

export function formatJoins(costs: ReadonlyMap<ContestantName, JoinCosts>): string {
  const rows = [...costs].map(([name, { cpuMillis, connectedInMs }]) => [
    name,
    formatSpread(cpuMillis, 1),
    quantile(connectedInMs, 0.5).toFixed(1),
    quantile(connectedInMs, 0.95).toFixed(1),
  ]);
  return formatTable(['contestant', 'CPU ms/join', 'ICE and DTLS p50 ms', 'p95 ms'], rows);
}

export function formatMemory(costs: ReadonlyMap<ContestantName, readonly MemoryCosts[]>): string {
  const rows = [...costs].flatMap(([name, rounds]) => [
    [`${name}: idle session`, ...memoryCells(rounds.map(({ perIdleSession }) => perIdleSession))],
    [`${name}: subscription`, ...memoryCells(rounds.map(({ perSubscription }) => perSubscription))],
  ]);
  const young = [...costs].map(([name, rounds]) => {
    const megabytes = rounds.map(({ youngBytes }) => youngBytes / BYTES_PER_MEGABYTE);
    return `${name} ${formatSpread(megabytes, 0)} MB`;
  });
  const table = formatTable(['each further', 'resident kB', 'heap kB', 'external kB'], rows);
  return `${table}\n\nThe young generation of the whole process, which is not in "resident": ${young.join(', ')}`;
}

function memoryCells(samples: readonly MemorySample[]): string[] {
  const columns = [
    samples.map(({ rssBytes }) => rssBytes),
    samples.map(({ heapBytes }) => heapBytes),
    samples.map(({ externalBytes }) => externalBytes),
  ];
  return columns.map((column) =>
    formatSpread(
      column.map((bytes) => bytes / BYTES_PER_KILOBYTE),
      1,
    ),
  );
}

export function formatSelfTimes(selfTimes: readonly SelfTime[]): string {
  const rows = selfTimes.map(({ where, micros, share }) => [where, `${(micros / 1000).toFixed(1)}`, `${(100 * share).toFixed(1)}%`]);
  return formatTable(['function', 'self ms', 'of busy time'], rows);
}
