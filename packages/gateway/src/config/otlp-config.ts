/**
 * The standard variables of OpenTelemetry that say whether a node exports telemetry, and where to. All others (headers, timeouts, the
 * sampler, the service's name) are read by OpenTelemetry itself.
 *
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
import { ConfigError } from './start-error.ts';

export interface OtlpConfig {
  /** URL to which metrics are posted; undefined if they are not exported. */
  readonly metricsUrl: string | undefined;
  /** URL to which traces are posted; undefined if they are not exported. */
  readonly tracesUrl: string | undefined;
  readonly metricIntervalMs: number;
  readonly metricTimeoutMs: number;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Signal = 'METRICS' | 'TRACES';

/** The only encoding that is sent; receivers of OTLP over HTTP accept it beside protobuf. */
const PROTOCOL = 'http/json';
const DEFAULT_METRIC_INTERVAL_MS = 60_000;
const DEFAULT_METRIC_TIMEOUT_MS = 30_000;
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * @returns undefined if nothing is exported
 * @throws ConfigError – a variable has a value that is not supported
 */
export function readOtlpConfig(environment: Environment): OtlpConfig | undefined {
  const read = (name: string): string | undefined => environment[name]?.trim() || undefined;
  if (read('OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return undefined;
  const metricsUrl = readUrl(read, 'METRICS');
  const tracesUrl = readUrl(read, 'TRACES');
  if (metricsUrl === undefined && tracesUrl === undefined) return undefined;
  requireValue(read, 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', ['cumulative']);
  const metricIntervalMs = readMs(read, 'OTEL_METRIC_EXPORT_INTERVAL', DEFAULT_METRIC_INTERVAL_MS);
  // The exporter refuses a timeout that is longer than the interval.
  const metricTimeoutMs = readMs(read, 'OTEL_METRIC_EXPORT_TIMEOUT', Math.min(DEFAULT_METRIC_TIMEOUT_MS, metricIntervalMs));
  if (metricTimeoutMs > metricIntervalMs)
    throw new ConfigError('OTEL_METRIC_EXPORT_TIMEOUT must not be longer than OTEL_METRIC_EXPORT_INTERVAL');
  return { metricsUrl, tracesUrl, metricIntervalMs, metricTimeoutMs };
}

type Read = (name: string) => string | undefined;

function readUrl(read: Read, signal: Signal): string | undefined {
  const own = `OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`;
  const base = 'OTEL_EXPORTER_OTLP_ENDPOINT';
  const value = read(own) ?? read(base);
  if (value === undefined) return undefined;
  if (requireValue(read, `OTEL_${signal}_EXPORTER`, ['otlp', 'none']) === 'none') return undefined;
  const protocol = `OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`;
  requireValue(read, read(protocol) === undefined ? 'OTEL_EXPORTER_OTLP_PROTOCOL' : protocol, [PROTOCOL]);
  if (!/^https?:$/.test(URL.parse(value)?.protocol ?? ''))
    throw new ConfigError(`${read(own) === undefined ? base : own} must be a URL such as http://10.0.0.9:4318`);
  // Only the general endpoint is a base to which the path of a signal is added.
  return read(own) === undefined ? `${value.replace(/\/$/, '')}/v1/${signal.toLowerCase()}` : value;
}

function requireValue(read: Read, name: string, supported: readonly string[]): string | undefined {
  const value = read(name)?.toLowerCase();
  if (value !== undefined && !supported.includes(value)) throw new ConfigError(`${name} must be ${supported.join(' or ')}`);
  return value;
}

function readMs(read: Read, name: string, fallback: number): number {
  const value = read(name);
  if (value === undefined) return fallback;
  const milliseconds = Number(value);
  if (Number.isInteger(milliseconds) && milliseconds >= 1 && milliseconds <= MAX_TIMER_MS) return milliseconds;
  throw new ConfigError(`${name} must be a whole number of milliseconds from 1 to ${MAX_TIMER_MS}`);
}
