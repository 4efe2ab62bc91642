import type { HistogramBounds, HistogramCounts } from '@causeway/sfu';
import type { NodeInspection } from './inspect-node.ts';

interface MetricSample {
  /** One value for each label of the metric, in order. */
  readonly labels: readonly string[];
  readonly value: number;
}

type MetricName = `${'causeway' | 'process' | 'nodejs'}_${string}`;

interface NamedMetric {
  readonly name: MetricName;
  readonly labels: readonly string[];
  readonly help: string;
}

/** One Prometheus time series, or several that differ in their labels. */
export interface ScalarMetric extends NamedMetric {
  /** A counter never decreases while the process lives. */
  readonly type: 'counter' | 'gauge';
  read(inspection: NodeInspection): readonly MetricSample[];
}

/** A distribution of durations in seconds. */
export interface HistogramMetric extends NamedMetric {
  readonly type: 'histogram';
  readonly labels: readonly [];
  readonly boundsMs: HistogramBounds;
  read(inspection: NodeInspection): HistogramCounts;
}

export type Metric = ScalarMetric | HistogramMetric;

/** Media type of the text format of Prometheus. @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const MS_PER_SECOND = 1_000;

/** Writes all metrics in the text format of Prometheus. */
export function writePrometheusText(metrics: readonly Metric[], inspection: NodeInspection): string {
  return metrics.map((metric) => `${writeHead(metric)}${writeLines(metric, inspection).join('')}`).join('');
}

function writeHead({ name, type, help }: Metric): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

function writeLines(metric: Metric, inspection: NodeInspection): readonly string[] {
  if (metric.type === 'histogram') return writeBuckets(metric, metric.read(inspection));
  const { name, labels } = metric;
  return metric.read(inspection).map((sample) => `${name}${writeLabels(labels, sample.labels)} ${sample.value}\n`);
}

/** A bucket of Prometheus contains all values up to its bound, not just those above the bound before. */
function writeBuckets({ name, boundsMs }: HistogramMetric, { counts, sumMs }: HistogramCounts): readonly string[] {
  let total = 0;
  const buckets = counts.map((count, index) => {
    total += count;
    const boundMs = boundsMs[index];
    return `${name}_bucket{le="${boundMs === undefined ? '+Inf' : boundMs / MS_PER_SECOND}"} ${total}\n`;
  });
  return [...buckets, `${name}_sum ${sumMs / MS_PER_SECOND}\n`, `${name}_count ${total}\n`];
}

function writeLabels(names: readonly string[], values: readonly string[]): string {
  if (names.length === 0) return '';
  return `{${names.map((name, index) => `${name}="${escapeValue(values[index] ?? '')}"`).join(',')}}`;
}

function escapeValue(value: string): string {
  return value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n');
}

/** What the rows of the table of metrics are made of. */
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
