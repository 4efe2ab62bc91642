import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePrometheusText } from '../src/monitoring/metric.ts';
import { METRICS } from '../src/monitoring/metrics.ts';
import { SAMPLE_INSPECTION } from './support/sample-inspection.ts';

/** The rows of the table in `docs/metrics.md`, one for each metric. */
function describeMetricsInMarkdown(): string[] {
  return METRICS.map(({ name, type, labels, help }) => {
    const shownLabels = labels.length === 0 ? '' : labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type} | ${shownLabels} | ${help} |`;
  });
}

test('docs/metrics.md has exactly one row for each metric, in the order of the source', () => {
  const page = readFileSync(join(__dirname, '../../../docs/metrics.md'), 'utf8');

  const rows = page.split('\n').filter((line) => /^\| `(?:causeway|process|nodejs)_/.test(line));

  expect(rows).toEqual(describeMetricsInMarkdown());
});

test('no name is used twice, and exactly the counters end in _total', () => {
  expect(new Set(METRICS.map(({ name }) => name)).size).toBe(METRICS.length);
  for (const { name, type } of METRICS) expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
  for (const { name } of METRICS) expect(name).not.toMatch(/_(?:bucket|sum|count)$/);
});

test('every sample has a value for each of its labels', () => {
  for (const metric of METRICS) {
    if (metric.type === 'histogram') continue;
    const samples = metric.read(SAMPLE_INSPECTION);
    expect(samples.length).toBeGreaterThan(0);
    for (const { labels, value } of samples) {
      expect(labels).toHaveLength(metric.labels.length);
      expect(Number.isFinite(value)).toBe(true);
    }
  }
});

test('every histogram has a count for each of its classes and the one above', () => {
  const histograms = METRICS.filter((metric) => metric.type === 'histogram');

  expect(histograms.map(({ name }) => name)).toEqual([
    'causeway_join_seconds',
    'causeway_first_frame_seconds',
    'causeway_forward_latency_seconds',
    'causeway_event_loop_lateness_seconds',
  ]);
  for (const { boundsMs, read } of histograms) expect(read(SAMPLE_INSPECTION).counts).toHaveLength(boundsMs.length + 1);
});

test('buckets of a histogram are cumulative and in seconds', () => {
  const metric = {
    name: 'causeway_x_seconds',
    type: 'histogram',
    help: 'x',
    labels: [],
    boundsMs: [0.5, 250],
    read: () => ({ counts: [3, 0, 2], sumMs: 1_500 }),
  } as const;

  expect(writePrometheusText([metric], SAMPLE_INSPECTION)).toBe(
    '# HELP causeway_x_seconds x\n# TYPE causeway_x_seconds histogram\n' +
      'causeway_x_seconds_bucket{le="0.0005"} 3\ncauseway_x_seconds_bucket{le="0.25"} 3\ncauseway_x_seconds_bucket{le="+Inf"} 5\n' +
      'causeway_x_seconds_sum 1.5\ncauseway_x_seconds_count 5\n',
  );
});

test('the text is what Prometheus reads: help, type, and a line for each sample', () => {
  const text = writePrometheusText(METRICS, SAMPLE_INSPECTION);

  expect(text).toContain(
    '# HELP causeway_sessions Sessions that are open, by the state of their connection.\n' +
      '# TYPE causeway_sessions gauge\n' +
      'causeway_sessions{state="new"} 50\ncauseway_sessions{state="connecting"} 51\ncauseway_sessions{state="connected"} 52\n',
  );
  expect(text).toContain('causeway_sessions_refused_total{reason="event_loop"} 65\n');
  expect(text).toContain('causeway_full 1\n');
  expect(text).toContain('causeway_packets_dropped_total{reason="unknown-path"} 37\n');
  expect(text).toContain('causeway_secure_discarded_total{protocol="dtls",cause="replayed"} 42\n');
  expect(text).toContain(
    'causeway_event_loop_delay_seconds{quantile="0.5"} 0.001\n' +
      'causeway_event_loop_delay_seconds{quantile="0.99"} 0.012\n' +
      'causeway_event_loop_delay_seconds{quantile="1"} 0.25\n',
  );
  expect(text).toContain('causeway_http_replies_total{status="404",error_code="session_not_found"} 74\n');
  expect(text).toContain('causeway_links{state="up"} 1\ncauseway_links{state="connecting"} 1\n');
  expect(text).toContain('causeway_link_round_trip_seconds{node="102"} 0.139\n');
  expect(text).toContain('causeway_relayed_copies{direction="in"} 141\ncauseway_relayed_copies{direction="out"} 143\n');
  expect(text).toContain('causeway_assertions_refused_total{reason="replay"} 134\n');
  expect(text).toContain('process_cpu_seconds_total 78.5\n');
  for (const line of text.trimEnd().split('\n')) {
    expect(line).toMatch(/^(?:# (?:HELP|TYPE) [a-z_]+ .+|[a-z_]+(?:\{[a-z_]+="[^"\n]*"(?:,[a-z_]+="[^"\n]*")*\})? \d+(?:\.\d+)?)$/);
  }
});

test('a label value cannot break out of its quotes', () => {
  const metric = {
    name: 'causeway_x',
    type: 'gauge',
    help: 'x',
    labels: ['l'],
    read: () => [{ labels: ['a"b\\c\nd'], value: 1 }],
  } as const;

  expect(writePrometheusText([metric], SAMPLE_INSPECTION)).toContain('causeway_x{l="a\\"b\\\\c\\nd"} 1\n');
});

test('a standalone node has no samples of a cluster', () => {
  const { relay: _relay, ...sfu } = SAMPLE_INSPECTION.sfu;

  const text = writePrometheusText(METRICS, { ...SAMPLE_INSPECTION, sfu, cluster: undefined });

  expect(text).not.toMatch(/^causeway_(?:nodes|link|relayed|redis|assertions|calls_passed)/m);
});

test('before the first second is over there is no sample of the load', () => {
  const { load: _load, ...entrance } = SAMPLE_INSPECTION.sfu.entrance;
  const early = {
    ...SAMPLE_INSPECTION,
    sfu: { ...SAMPLE_INSPECTION.sfu, entrance: { ...entrance, load: undefined, obstacle: undefined } },
  };

  const text = writePrometheusText(METRICS, early);

  expect(text).not.toMatch(/^causeway_event_loop_(?:delay|utilization)/m);
  expect(text).toContain('causeway_full 0\n');
});
