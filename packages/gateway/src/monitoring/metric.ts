import type { NodeInspection } from './inspect-node.ts';

export interface MetricSample {
  /** One value for each label of the metric, in order. */
  readonly labels: readonly string[];
  readonly value: number;
}

/** One Prometheus time series, or several that differ in their labels. */
export interface Metric {
  readonly name: `${'causeway' | 'process' | 'nodejs'}_${string}`;
  /** A counter never decreases while the process lives. */
  readonly type: 'counter' | 'gauge';
  readonly labels: readonly string[];
  readonly help: string;
  read(inspection: NodeInspection): readonly MetricSample[];
}

/** Media type of the text format of Prometheus. @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Writes all metrics in the text format of Prometheus. */
export function writePrometheusText(metrics: readonly Metric[], inspection: NodeInspection): string {
  return metrics.map((metric) => writeMetric(metric, metric.read(inspection))).join('');
}

function writeMetric({ name, type, help, labels }: Metric, samples: readonly MetricSample[]): string {
  const lines = samples.map((sample) => `${name}${writeLabels(labels, sample.labels)} ${sample.value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function writeLabels(names: readonly string[], values: readonly string[]): string {
  if (names.length === 0) return '';
  return `{${names.map((name, index) => `${name}="${escapeValue(values[index] ?? '')}"`).join(',')}}`;
}

function escapeValue(value: string): string {
  return value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n');
}
