import type { RequestHandler } from 'express';

/** How long a browser may cache the reply to a preflight request; Chromium caps it at two hours. */
const MAX_AGE_SECONDS = 7200;

// `*` would not cover Authorization (Fetch standard, "CORS non-wildcard request-header name").
const ALLOWED_HEADERS = 'Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Traceparent, X-Request-Id';
const EXPOSED_HEADERS = 'X-Request-Id, Retry-After, X-SFU-Region, Idempotency-Replayed, Link, Warning, X-Partial';
const ALLOWED_METHODS = 'GET, POST, PUT, PATCH, DELETE, OPTIONS';

/**
 * Lets pages of any origin call the API and read its errors, and answers preflight requests. Any origin is safe because
 * the API uses no cookies: a caller must have a secret or a token.
 */
export function allowCrossOrigin(): RequestHandler {
  return (request, response, next) => {
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Expose-Headers', EXPOSED_HEADERS);
    if (request.method !== 'OPTIONS') return next();
    response.setHeader('Access-Control-Allow-Methods', ALLOWED_METHODS);
    response.setHeader('Access-Control-Allow-Headers', ALLOWED_HEADERS);
    response.setHeader('Access-Control-Max-Age', String(MAX_AGE_SECONDS));
    response.statusCode = 204;
    response.end();
  };
}
