import {
  type Attributes,
  type Context,
  type Tracer as OtelTracer,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { RequestSpan, Tracer } from '../../http/request-span.ts';
import { readTraceparent, type TraceContext } from '../../http/trace-context.ts';

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
      // An error of the caller is no failure of the server, which is what the status of a server's span says.
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
