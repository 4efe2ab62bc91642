import type { HistogramBounds, HistogramCounts } from '@causeway/sfu';
import type { NodeInspection } from './inspect-node.ts';

export interface MetricSample {
  /** One value for each label of the metric, in order. */
  readonly labels: readonly string[];
  readonly value: number;
}

export type MetricName = `${'causeway' | 'process' | 'nodejs'}_${string}`;

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
