import {
  type Attributes,
  type Context,
  type HrTime,
  type Tracer as OtelTracer,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  ValueType,
} from '@opentelemetry/api';
import { millisToHrTime, setGlobalErrorHandler } from '@opentelemetry/core';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, emptyResource, envDetector, type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  MeterProvider,
  type MetricData,
  type MetricProducer,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { type RequestSpan, readTraceparent, type TraceContext, type Tracer } from '../../http/trace-context.ts';
import type { NodeInspection } from '../inspect-node.ts';
import type { HistogramMetric, Metric, ScalarMetric } from '../metric.ts';
import { METRICS } from '../metrics.ts';
import type { Telemetry, TelemetryOptions } from './telemetry.ts';

/** A node that ends does not wait longer for a collector. */
const CLOSE_TIMEOUT_MS = 3_000;

/** Starts to export what is configured. Nothing is registered globally, except that failed exports are reported. */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const { config, onFailure } = options;
  setGlobalErrorHandler(onFailure);
  const resource = resourceOf(options);
  const meters = config.metricsUrl === undefined ? undefined : createMeters(options, config.metricsUrl, resource);
  const traces = config.tracesUrl === undefined ? undefined : createTraces(config.tracesUrl, resource);
  return {
    tracer: traces && createRequestTracer(traces.getTracer('causeway')),
    async close() {
      const closed = Promise.all([meters?.shutdown(), traces?.shutdown()]).catch(onFailure);
      const { promise: waited, resolve } = Promise.withResolvers<void>();
      // OpenTelemetry repeats an export that failed, and reports it only once it has given up.
      const timer = setTimeout(() => {
        onFailure(new Error(`the collector did not take the last figures within ${CLOSE_TIMEOUT_MS} ms`));
        resolve();
      }, CLOSE_TIMEOUT_MS);
      await Promise.race([closed, waited]);
      clearTimeout(timer);
    },
  };
}

/** `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` have the last word. */
function resourceOf({ region, nodeNo }: TelemetryOptions): Resource {
  const own = { 'service.name': 'causeway', 'service.instance.id': String(nodeNo), 'causeway.region': region };
  return resourceFromAttributes(own).merge(detectResources({ detectors: [envDetector] }));
}

function createMeters({ config, inspect }: TelemetryOptions, url: string, resource: Resource): MeterProvider {
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url }),
    exportIntervalMillis: config.metricIntervalMs,
    exportTimeoutMillis: config.metricTimeoutMs,
    metricProducers: [createMetricProducer(METRICS, inspect)],
  });
  return new MeterProvider({ resource, readers: [reader] });
}

/** The sampler and the sizes of batches come from the environment (`OTEL_TRACES_SAMPLER`, `OTEL_BSP_…`). */
function createTraces(url: string, resource: Resource): BasicTracerProvider {
  return new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url }))] });
}

const SERVER_FAILURE = 500;

/** Records requests and calls to other nodes as spans, with the names of OpenTelemetry's conventions for HTTP. */
export function createRequestTracer(tracer: OtelTracer): Tracer {
  return {
    begin(traceparent, method) {
      const parent = readTraceparent(traceparent);
      const remote = parent && { ...parent, traceFlags: Number.parseInt(parent.flags, 16), isRemote: true };
      const context = remote === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remote);
      const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes: { 'http.request.method': method } }, context);
      return requestSpan(tracer, method, span, parent?.spanId);
    },
  };
}

function requestSpan(tracer: OtelTracer, method: string, span: Span, parentSpanId: string | undefined): RequestSpan {
  const within = trace.setSpan(ROOT_CONTEXT, span);
  return {
    trace: traceOf(span, parentSpanId),
    beginCall: (callMethod, nodeNo) => callSpan(tracer, within, { 'http.request.method': callMethod, 'causeway.node': nodeNo }),
    end({ requestId, route, httpStatus, errorCode }) {
      if (route !== undefined) span.updateName(`${method} ${route}`).setAttribute('http.route', route);
      span.setAttribute('causeway.request_id', requestId);
      if (httpStatus !== undefined) span.setAttribute('http.response.status_code', httpStatus);
      const failure = errorCode ?? (httpStatus === undefined ? 'aborted' : undefined);
      if (failure !== undefined) span.setAttribute('error.type', failure);
      // The status of a server's span is an error only for failures of the server, not for those of the caller.
      if (httpStatus !== undefined && httpStatus >= SERVER_FAILURE) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

function callSpan(tracer: OtelTracer, within: Context, attributes: Attributes): ReturnType<RequestSpan['beginCall']> {
  const span = tracer.startSpan('call to another node', { kind: SpanKind.CLIENT, attributes }, within);
  return {
    trace: traceOf(span, trace.getSpanContext(within)?.spanId),
    end(failure) {
      if (failure !== undefined) span.setAttribute('error.type', failure).setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

function traceOf(span: Span, parentSpanId: string | undefined): TraceContext {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return { traceId, spanId, parentSpanId, flags: traceFlags.toString(16).padStart(2, '0') };
}

const SCOPE = { name: 'causeway' };
const MS_PER_SECOND = 1_000;

interface Interval {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

/**
 * Hands the table of metrics to OpenTelemetry, under the names that Prometheus scrapes, so that the same dashboard works with either.
 * Values are counted where they arise; OpenTelemetry only reads them, so nothing of it is called per packet or per request.
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
