/** What the rows of the table of metrics are made of. */
import type { HistogramBounds } from '@causeway/sfu';
import type { NodeInspection } from './inspect-node.ts';
import type { HistogramMetric, MetricName, MetricSample, ScalarMetric } from './metric.ts';

export function gauge(name: MetricName, help: string, labels: readonly string[], read: ScalarMetric['read']): ScalarMetric {
  return { name, type: 'gauge', help, labels, read };
}

export function counter(name: MetricName, help: string, labels: readonly string[], read: ScalarMetric['read']): ScalarMetric {
  return { name, type: 'counter', help, labels, read };
}

/** A distribution of durations, which are measured in milliseconds and reported in seconds. */
export function histogram(
  name: `${MetricName}_seconds`,
  help: string,
  boundsMs: HistogramBounds,
  read: HistogramMetric['read'],
): HistogramMetric {
  return { name, type: 'histogram', help, labels: [], boundsMs, read };
}

export function one(value: number): readonly MetricSample[] {
  return [{ labels: [], value }];
}

/** Omits the sample while there is no value. */
export function optional(value: number | undefined): readonly MetricSample[] {
  return value === undefined ? [] : one(value);
}

export function ofNode(nodeNo: number, value: number): readonly MetricSample[] {
  return [{ labels: [String(nodeNo)], value }];
}

export function countBy(names: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, each]) => [name, each.length]));
}

export function byName(counts: Readonly<Record<string, number>>, labelsBefore: readonly string[] = []): readonly MetricSample[] {
  return Object.entries(counts).map(([name, value]) => ({ labels: [...labelsBefore, name], value }));
}

type Delays = NonNullable<NodeInspection['sfu']['entrance']['load']>['eventLoopDelayMs'];

export function eventLoopDelays(delays: Delays | undefined): readonly MetricSample[] {
  if (delays === undefined) return [];
  const { p50, p99, max } = delays;
  const byQuantile: readonly [quantile: string, ms: number][] = [
    ['0.5', p50],
    ['0.99', p99],
    ['1', max],
  ];
  return byQuantile.map(([quantile, ms]) => ({ labels: [quantile], value: ms / 1000 }));
}
