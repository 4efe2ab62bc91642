import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import { setRequestContext } from './request-context.ts';
import { continueTrace } from './trace-context.ts';

/** This is strict because the id is repeated in a header, in bodies and in the log. */
const ACCEPTABLE_REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** Gives every request an id, which is the client's `X-Request-Id` if usable and otherwise a new one, and names the region that replies. */
export function identifyRequest(region: string): RequestHandler {
  return (request, response, next) => {
    const offered = request.get('X-Request-Id') ?? '';
    const requestId = ACCEPTABLE_REQUEST_ID.test(offered) ? offered : randomUUID();
    setRequestContext(response, { requestId, trace: continueTrace(request.get('Traceparent')) });
    response.setHeader('X-Request-Id', requestId);
    response.setHeader('X-SFU-Region', region);
    next();
  };
}
