import { AggregationTemporality, type MetricData } from '@opentelemetry/sdk-metrics';
import { METRICS } from '../../src/monitoring/metrics.ts';
import { createMetricProducer } from '../../src/monitoring/telemetry/open-telemetry.ts';
import { SAMPLE_INSPECTION } from '../support/sample-inspection.ts';

async function collect(): Promise<ReadonlyMap<string, MetricData>> {
  const { resourceMetrics } = await createMetricProducer(METRICS, async () => SAMPLE_INSPECTION).collect();
  return new Map(resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics.map((metric) => [metric.descriptor.name, metric])));
}

test('what a scrape shows is pushed under the same names', async () => {
  expect([...(await collect()).keys()]).toEqual(METRICS.map(({ name }) => name));
});

test('a counter is a cumulative sum with a point for each of its labels, and a gauge a value', async () => {
  const metrics = await collect();
  const replies = metrics.get('causeway_http_replies_total');

  expect(replies).toMatchObject({ isMonotonic: true, aggregationTemporality: AggregationTemporality.CUMULATIVE });
  expect(replies?.dataPoints.map(({ attributes, value }) => [attributes, value])).toEqual([
    [{ status: '200', error_code: '' }, 73],
    [{ status: '404', error_code: 'session_not_found' }, 74],
  ]);
  expect(metrics.get('causeway_full')).not.toHaveProperty('isMonotonic');
  expect(metrics.get('causeway_full')?.dataPoints.map(({ value }) => value)).toEqual([1]);
});

test('a histogram is pushed in seconds, with a count for each class', async () => {
  const joins = (await collect()).get('causeway_join_seconds');

  expect(joins?.descriptor.unit).toBe('s');
  expect(joins?.dataPoints.map(({ value }) => value)).toEqual([
    {
      buckets: { boundaries: [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30], counts: [341, 342, 343, 344, 345, 346, 347, 348, 349, 350] },
      count: 3_455,
      sum: 351.25,
    },
  ]);
});

test('a node that cannot be inspected at the moment has no metrics, and says why', async () => {
  const error = new Error('all shards are being replaced');

  const { resourceMetrics, errors } = await createMetricProducer(METRICS, () => Promise.reject(error)).collect();

  expect(resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics)).toEqual([]);
  expect(errors).toEqual([error]);
});
