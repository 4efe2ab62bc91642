import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { createRequestTracer } from '../../src/monitoring/telemetry/open-telemetry.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const SERVER_KIND = 1;
const CLIENT_KIND = 2;
const ERROR_STATUS = 2;

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const tracer = createRequestTracer(provider.getTracer('test'));

beforeEach(() => exporter.reset());

test('a request continues the trace of its caller, and a call to another node is a part of it', () => {
  const request = tracer.begin(`00-${TRACE_ID}-${CALLER}-01`, 'POST');
  const call = request.beginCall('POST', 102);
  call.end('unreached');
  request.end({ requestId: 'r-1', route: '/:sfu_app_id/session/new', httpStatus: 502, errorCode: 'node_unreachable' });

  const [client, server] = exporter.getFinishedSpans();
  expect(server?.spanContext()).toMatchObject({ traceId: TRACE_ID, spanId: request.trace.spanId });
  expect(server).toMatchObject({
    name: 'POST /:sfu_app_id/session/new',
    kind: SERVER_KIND,
    parentSpanContext: { spanId: CALLER },
    status: { code: ERROR_STATUS },
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/:sfu_app_id/session/new',
      'http.response.status_code': 502,
      'error.type': 'node_unreachable',
      'causeway.request_id': 'r-1',
    },
  });
  expect(client?.spanContext()).toMatchObject({ traceId: TRACE_ID, spanId: call.trace.spanId });
  expect(client).toMatchObject({
    kind: CLIENT_KIND,
    parentSpanContext: { spanId: request.trace.spanId },
    attributes: { 'causeway.node': 102, 'error.type': 'unreached' },
  });
  expect([request.trace.parentSpanId, call.trace.parentSpanId]).toEqual([CALLER, request.trace.spanId]);
});

test('a request without a trace begins one; a mistake of the caller is no failure of the node', () => {
  const request = tracer.begin(undefined, 'GET');
  request.end({ requestId: 'r', route: '/x', httpStatus: 404, errorCode: 'session_not_found' });

  expect(request.trace).toMatchObject({ traceId: expect.stringMatching(/^[0-9a-f]{32}$/), parentSpanId: undefined, flags: '01' });
  expect(exporter.getFinishedSpans()).toMatchObject([{ status: { code: 0 }, attributes: { 'error.type': 'session_not_found' } }]);
});

test('the trace of a caller that is not sampled is continued and not exported', () => {
  const request = tracer.begin(`00-${TRACE_ID}-${CALLER}-00`, 'GET');
  request.end({ requestId: 'r', route: undefined, httpStatus: 200, errorCode: undefined });

  expect(request.trace).toMatchObject({ traceId: TRACE_ID, parentSpanId: CALLER, flags: '00' });
  expect(exporter.getFinishedSpans()).toEqual([]);
});

test('a client that has gone is told from a reply', () => {
  tracer.begin(undefined, 'GET').end({ requestId: 'r', route: undefined, httpStatus: undefined, errorCode: undefined });

  expect(exporter.getFinishedSpans()).toMatchObject([{ name: 'GET', attributes: { 'error.type': 'aborted' } }]);
});
