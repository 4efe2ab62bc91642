import { setGlobalErrorHandler } from '@opentelemetry/core';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { METRICS } from '../metrics.ts';
import { createMetricProducer } from './metric-producer.ts';
import { createRequestTracer } from './request-tracer.ts';
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
