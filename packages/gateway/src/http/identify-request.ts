import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { requestContextOf, setRequestContext } from './request-context.ts';
import type { RequestSpan, Tracer } from './request-span.ts';
import { continueTrace } from './trace-context.ts';

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
