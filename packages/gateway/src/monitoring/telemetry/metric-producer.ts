import { type HrTime, ValueType } from '@opentelemetry/api';
import { millisToHrTime } from '@opentelemetry/core';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import type { NodeInspection } from '../inspect-node.ts';
import type { HistogramMetric, Metric, ScalarMetric } from '../metric.ts';

const SCOPE = { name: 'causeway' };
const MS_PER_SECOND = 1_000;

interface Interval {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

/**
 * Hands the table of metrics to OpenTelemetry, under the names that Prometheus scrapes, so that one dashboard serves both ways. Values are
 * counted where they arise; OpenTelemetry only reads them, so nothing of it is called per packet or per request.
 */
export function createMetricProducer(metrics: readonly Metric[], inspect: () => Promise<NodeInspection>): MetricProducer {
  const startTime = millisToHrTime(performance.timeOrigin);
  return {
    async collect(): Promise<CollectionResult> {
      try {
        const inspection = await inspect();
        const interval = { startTime, endTime: millisToHrTime(performance.timeOrigin + performance.now()) };
        return resultOf(metrics.map((metric) => dataOf(metric, inspection, interval)));
      } catch (error) {
        return resultOf([], [error]);
      }
    },
  };
}

/** OpenTelemetry replaces the resource by that of the node. */
function resultOf(metrics: MetricData[], errors: unknown[] = []): CollectionResult {
  return { resourceMetrics: { resource: emptyResource(), scopeMetrics: [{ scope: SCOPE, metrics }] }, errors };
}

function dataOf(metric: Metric, inspection: NodeInspection, interval: Interval): MetricData {
  return metric.type === 'histogram' ? histogramOf(metric, inspection, interval) : scalarOf(metric, inspection, interval);
}

function scalarOf(metric: ScalarMetric, inspection: NodeInspection, interval: Interval): MetricData {
  const dataPoints = metric.read(inspection).map(({ labels, value }) => ({
    ...interval,
    attributes: Object.fromEntries(metric.labels.map((label, index) => [label, labels[index] ?? ''])),
    value,
  }));
  const shared = { descriptor: descriptorOf(metric, ''), aggregationTemporality: AggregationTemporality.CUMULATIVE, dataPoints };
  if (metric.type === 'gauge') return { ...shared, dataPointType: DataPointType.GAUGE };
  return { ...shared, dataPointType: DataPointType.SUM, isMonotonic: true };
}

function histogramOf(metric: HistogramMetric, inspection: NodeInspection, interval: Interval): MetricData {
  const { counts, sumMs } = metric.read(inspection);
  const boundaries = metric.boundsMs.map((boundMs) => boundMs / MS_PER_SECOND);
  const count = counts.reduce((sum, each) => sum + each, 0);
  const value = { buckets: { boundaries, counts: [...counts] }, sum: sumMs / MS_PER_SECOND, count };
  return {
    descriptor: descriptorOf(metric, 's'),
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.HISTOGRAM,
    dataPoints: [{ ...interval, attributes: {}, value }],
  };
}

function descriptorOf({ name, help }: Metric, unit: string): MetricData['descriptor'] {
  return { name, description: help, unit, valueType: ValueType.DOUBLE };
}
