/**
 * The place of a request in a trace, which a client or a proxy has begun. Nodes pass it on with the calls that they forward, and log it, so
 * that a trace names every node that a call went through.
 *
 * @see https://www.w3.org/TR/trace-context/
 */
import { randomBytes } from 'node:crypto';

export interface TraceContext {
  readonly traceId: string;
  /** The span of the caller. */
  readonly parentSpanId: string;
  /** This request's own. */
  readonly spanId: string;
  readonly flags: string;
}

const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const VERSION = '00';
const SPAN_ID_BYTES = 8;

/** @returns undefined without a header, and for one that is not understood: the request is then in no trace */
export function continueTrace(traceparent: string | undefined): TraceContext | undefined {
  const [, version, traceId, parentSpanId, flags, more] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || parentSpanId === undefined || flags === undefined) return undefined;
  // Later versions may append fields, this one has none.
  if (version === VERSION && more !== undefined) return undefined;
  return { traceId, parentSpanId, spanId: randomBytes(SPAN_ID_BYTES).toString('hex'), flags };
}

/** The header for calls that this request makes. */
export function traceHeaders(trace: TraceContext | undefined): Readonly<Record<string, string>> {
  return trace === undefined ? {} : { Traceparent: `${VERSION}-${trace.traceId}-${trace.spanId}-${trace.flags}` };
}
