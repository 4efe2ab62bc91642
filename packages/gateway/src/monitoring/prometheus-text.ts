/** Metrics as text for Prometheus to fetch. @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
import type { NodeInspection } from './inspect-node.ts';
import type { Metric, MetricSample } from './metric.ts';

export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

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
