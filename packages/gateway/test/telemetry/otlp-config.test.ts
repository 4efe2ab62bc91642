import { readOtlpConfig } from '../../src/config/otlp-config.ts';
import { ConfigError } from '../../src/config/start-error.ts';

const BASE = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' };

test.each([
  ['nothing is set', {}],
  ['the SDK is disabled', { ...BASE, OTEL_SDK_DISABLED: 'True' }],
  ['both exporters are none', { ...BASE, OTEL_METRICS_EXPORTER: 'none', OTEL_TRACES_EXPORTER: 'none' }],
  ['the endpoint is empty, which counts as unset', { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }],
])('nothing is exported if %s', (_, environment) => {
  expect(readOtlpConfig(environment)).toBeUndefined();
});

test('the general endpoint gets the path of each signal', () => {
  expect(readOtlpConfig(BASE)).toEqual({
    metricsUrl: 'http://collector:4318/v1/metrics',
    tracesUrl: 'http://collector:4318/v1/traces',
    metricIntervalMs: 60_000,
    metricTimeoutMs: 30_000,
  });
});

test('the endpoint of a signal is used as it is, before the general one, and one signal may be exported alone', () => {
  const own = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://tempo.example/otlp/v1/traces' };

  expect(readOtlpConfig(own)).toMatchObject({ metricsUrl: undefined, tracesUrl: 'https://tempo.example/otlp/v1/traces' });
  expect(readOtlpConfig({ ...BASE, ...own, OTEL_METRICS_EXPORTER: 'none' })).toMatchObject({
    metricsUrl: undefined,
    tracesUrl: 'https://tempo.example/otlp/v1/traces',
  });
});

test('a short interval shortens the timeout that nothing was said of', () => {
  expect(readOtlpConfig({ ...BASE, OTEL_METRIC_EXPORT_INTERVAL: '5000' })).toMatchObject({
    metricIntervalMs: 5_000,
    metricTimeoutMs: 5_000,
  });
});

test.each([
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
  ['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', 'ftp://collector'],
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
  ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'http/protobuf'],
  ['OTEL_METRICS_EXPORTER', 'prometheus'],
  ['OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', 'delta'],
  ['OTEL_METRIC_EXPORT_INTERVAL', '0'],
  ['OTEL_METRIC_EXPORT_INTERVAL', '1.5'],
  ['OTEL_METRIC_EXPORT_TIMEOUT', '60001'],
])('%s=%s stops the start, with its name', (name, value) => {
  const read = () => readOtlpConfig({ ...BASE, [name]: value });

  expect(read).toThrow(ConfigError);
  expect(read).toThrow(name);
});
