import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { ErrorCode } from '@causeway/protocol';
import type { Request, RequestHandler, Response } from 'express';
import type { Logger } from '../logging/logger.ts';
import { continueTrace, type RequestSpan, type TraceContext, type Tracer } from './trace-context.ts';

/** What the stages of an HTTP request know about it. */
export interface RequestContext {
  readonly requestId: string;
  /** Undefined if the request is in no trace: it has no `traceparent`, and this node exports none. */
  readonly trace?: TraceContext | undefined;
  /** Undefined if this node exports no traces. */
  readonly span?: RequestSpan | undefined;
  /** Set if the reply is an error. */
  errorCode?: ErrorCode;
}

const contexts = new WeakMap<ServerResponse, RequestContext>();

function setRequestContext(response: ServerResponse, context: RequestContext): void {
  contexts.set(response, context);
}

/** @returns a context with an empty request id for a response that never passed `identifyRequest` */
export function requestContextOf(response: ServerResponse): RequestContext {
  return contexts.get(response) ?? { requestId: '' };
}

/** This is strict because the id is repeated in a header, in bodies and in the log. */
const ACCEPTABLE_REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/**
 * Gives every request an id, which is the client's `X-Request-Id` if usable and otherwise a new one, and a place in a trace, and names the
 * region that replies.
 *
 * @param tracer default: no spans are recorded
 */
export function identifyRequest(region: string, tracer?: Tracer): RequestHandler {
  return (request, response, next) => {
    const offered = request.get('X-Request-Id') ?? '';
    const requestId = ACCEPTABLE_REQUEST_ID.test(offered) ? offered : randomUUID();
    const span = tracer?.begin(request.get('Traceparent'), request.method);
    setRequestContext(response, { requestId, trace: span?.trace ?? continueTrace(request.get('Traceparent')), span });
    if (span !== undefined) response.once('close', () => endSpan(span, request, response));
    response.setHeader('X-Request-Id', requestId);
    response.setHeader('X-SFU-Region', region);
    next();
  };
}

function endSpan(span: RequestSpan, { route }: Request, response: Response): void {
  const { requestId, errorCode } = requestContextOf(response);
  const httpStatus = response.writableFinished ? response.statusCode : undefined;
  span.end({ requestId, route: (route as { readonly path?: string } | undefined)?.path, httpStatus, errorCode });
}

/** Logs every request once, when it has ended. The query is omitted, because it contains the token of a `sendBeacon`. */
export function logRequests(logger: Logger, now: () => number): RequestHandler {
  return (request, response, next) => {
    const startedAtMs = now();
    const path = `${request.baseUrl}${request.path}`;
    response.once('close', () => {
      const { requestId, errorCode, trace } = requestContextOf(response);
      logger.log('http', 'request', {
        requestId,
        method: request.method,
        path,
        status: response.writableFinished ? response.statusCode : 'aborted',
        durationMs: Math.round(now() - startedAtMs),
        ...(errorCode === undefined ? {} : { errorCode }),
        ...(trace === undefined ? {} : { traceId: trace.traceId, spanId: trace.spanId, parentSpanId: trace.parentSpanId }),
      });
    });
    next();
  };
}
