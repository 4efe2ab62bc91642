import type { RequestHandler } from 'express';
import type { Logger } from '../logging/logger.ts';
import { requestContextOf } from './request-context.ts';

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
