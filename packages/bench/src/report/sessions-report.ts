import { quantile } from '@causeway/loadtest';
import type { ContestantName } from '../contestants/contestant.ts';
import type { SessionCosts } from '../measure/sessions.ts';
import type { SelfTime } from '../profile/self-time.ts';
import { formatKilobytes, formatSpread } from './figures.ts';
import { formatTable } from './table.ts';

type CostsByName = ReadonlyMap<ContestantName, SessionCosts>;

export function formatJoins(costs: CostsByName): string {
  const rows = [...costs].map(([name, { cpuMillisPerJoin, connectedInMs }]) => [
    name,
    formatSpread(cpuMillisPerJoin, 1),
    quantile(connectedInMs, 0.5).toFixed(1),
    quantile(connectedInMs, 0.95).toFixed(1),
  ]);
  return formatTable(['contestant', 'CPU ms/join', 'ICE and DTLS p50 ms', 'p95 ms'], rows);
}

export function formatMemory(costs: CostsByName): string {
  const rows = [...costs].flatMap(([name, { bytesPerIdleSession, bytesPerSubscription }]) => [
    [`${name}: idle session`, ...memoryCells(bytesPerIdleSession)],
    [`${name}: subscription`, ...memoryCells(bytesPerSubscription)],
  ]);
  return formatTable(['each further', 'RSS', 'heap', 'external'], rows);
}

function memoryCells({ rssBytes, heapBytes, externalBytes }: SessionCosts['bytesPerIdleSession']): string[] {
  return [rssBytes, heapBytes, externalBytes].map(formatKilobytes);
}

export function formatSelfTimes(selfTimes: readonly SelfTime[]): string {
  const rows = selfTimes.map(({ where, micros, share }) => [where, `${(micros / 1000).toFixed(1)}`, `${(100 * share).toFixed(1)}%`]);
  return formatTable(['function', 'self ms', 'of busy time'], rows);
}
