/**
 * The position of a request in a trace that a client or a proxy has started. Nodes log it and pass it on with forwarded calls, so that a
 * trace includes every node that handled a call.
 *
 * @see https://www.w3.org/TR/trace-context/
 */
import { randomBytes } from 'node:crypto';

export interface TraceContext {
  readonly traceId: string;
  /** The id of the caller's span; undefined if the trace begins here. */
  readonly parentSpanId: string | undefined;
  /** The id of this request's span. */
  readonly spanId: string;
  readonly flags: string;
}

const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const VERSION = '00';
const SPAN_ID_BYTES = 8;

/** @returns undefined if the header is missing or invalid; the request then belongs to no trace */
export function continueTrace(traceparent: string | undefined): TraceContext | undefined {
  const parent = readTraceparent(traceparent);
  if (parent === undefined) return undefined;
  const { traceId, spanId: parentSpanId, flags } = parent;
  return { traceId, parentSpanId, spanId: randomBytes(SPAN_ID_BYTES).toString('hex'), flags };
}

/** Reads the caller's span from the header. @returns undefined if the header is missing or invalid */
export function readTraceparent(traceparent: string | undefined): Omit<TraceContext, 'parentSpanId'> | undefined {
  const [, version, traceId, spanId, flags, more] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  // Later versions may append fields, but this one has none.
  if (version === VERSION && more !== undefined) return undefined;
  return { traceId, spanId, flags };
}

/** Returns the headers for calls made on behalf of this request. */
export function traceHeaders(trace: TraceContext | undefined): Readonly<Record<string, string>> {
  return trace === undefined ? {} : { Traceparent: `${VERSION}-${trace.traceId}-${trace.spanId}-${trace.flags}` };
}

/** Records what requests did, for an operator who follows one of them across nodes. */
export interface Tracer {
  /**
   * Begins the span of a request that this node has received.
   *
   * @param traceparent the header of the request; if it is missing or invalid, a new trace begins
   */
  begin(traceparent: string | undefined, method: string): RequestSpan;
}

/** One request on this node. */
export interface RequestSpan {
  readonly trace: TraceContext;
  /** Begins the span of a call that this request makes to another node. */
  beginCall(method: string, nodeNo: number): CallSpan;
  end(facts: RequestFacts): void;
}

/** What a span records about its request. Paths are left out, because they contain ids, and some contain a token. */
export interface RequestFacts {
  readonly requestId: string;
  /** The path with placeholders; undefined if no route matched. */
  readonly route: string | undefined;
  /** Undefined if the client disconnected before the reply was sent. */
  readonly httpStatus: number | undefined;
  readonly errorCode: string | undefined;
}

/** One call to another node. */
export interface CallSpan {
  /** The trace context to pass to the other node. */
  readonly trace: TraceContext;
  /** @param failure undefined if the other node replied */
  end(failure: string | undefined): void;
}
