import { quantile } from '@causeway/loadtest';
import type { ContestantName } from '../contestants/contestant.ts';
import type { ForwardingResult } from '../measure/forwarding.ts';
import type { ForwardingSample } from '../measure/forwarding-window.ts';
import { formatCount, formatSpread } from './figures.ts';
import { formatTable } from './table.ts';

const HEADINGS = ['contestant', 'CPU us/packet', 'x floor', 'x naive', 'p50 ms', 'p99 ms', 'forwarded', 'lost', 'duplicated', 'corrupted'];

/** Writes one table with a line for each contestant, with medians and ranges over the rounds. */
export function formatForwarding({ subscribers, samples }: ForwardingResult): string {
  return `N = ${subscribers}\n\n${formatRows(samples)}`;
}

export function formatRows(samples: ForwardingResult['samples']): string {
  const rows = [...samples].map(([name, own]) => [
    name,
    formatSpread(own.map(microsPerPacket), 1),
    formatRatio(name, own, 'floor', samples),
    formatRatio(name, own, 'naive', samples),
    formatLatency(own, 0.5),
    formatLatency(own, 0.99),
    formatCount(sum(own, ({ forwarded }) => forwarded)),
    formatCount(sum(own, ({ lost }) => lost)),
    formatCount(sum(own, ({ duplicates }) => duplicates)),
    formatCorrupted(own),
    ...(samples.has('against') ? [formatRatio(name, own, 'against', samples)] : []),
  ]);
  return formatTable(samples.has('against') ? [...HEADINGS, 'x against'] : HEADINGS, rows);
}

export function microsPerPacket({ cpuMicros, forwarded }: ForwardingSample): number {
  return cpuMicros / forwarded;
}

/** Compares round by round, because rounds are close in time whereas absolute figures drift. */
export function ratiosByRound(own: readonly ForwardingSample[], other: readonly ForwardingSample[]): number[] {
  return own.flatMap((sample, round) => {
    const neighbour = other[round];
    return neighbour === undefined ? [] : [microsPerPacket(sample) / microsPerPacket(neighbour)];
  });
}

function formatRatio(
  name: ContestantName,
  own: readonly ForwardingSample[],
  to: ContestantName,
  samples: ForwardingResult['samples'],
): string {
  return name === to ? '1' : formatSpread(ratiosByRound(own, samples.get(to) ?? []), 2);
}

function formatLatency(own: readonly ForwardingSample[], share: number): string {
  return formatSpread(
    own.filter(({ latenciesMs }) => latenciesMs.length > 0).map(({ latenciesMs }) => quantile(latenciesMs, share)),
    2,
  );
}

function formatCorrupted(own: readonly ForwardingSample[]): string {
  const checked = sum(own, (sample) => sample.checked);
  return checked === 0 ? '-' : `${formatCount(sum(own, ({ corrupted }) => corrupted))} of ${formatCount(checked)}`;
}

/** Returns the cells for how many packets were lost, and how many of the checked ones differed from what was sent. */
export function formatLosses(samples: readonly ForwardingSample[]): [lost: string, corrupted: string] {
  return [formatCount(sum(samples, ({ lost }) => lost)), formatCorrupted(samples)];
}

function sum(samples: readonly ForwardingSample[], figure: (sample: ForwardingSample) => number): number {
  return samples.reduce((total, sample) => total + figure(sample), 0);
}
