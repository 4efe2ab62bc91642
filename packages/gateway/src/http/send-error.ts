import type { IncomingMessage, ServerResponse } from 'node:http';
import { ERROR_CODES, SfuError } from '@causeway/protocol';
import type { ErrorRequestHandler } from 'express';
import type { Logger } from '../logging/logger.ts';
import { createErrorReply } from './error-reply.ts';
import { requestContextOf } from './request-context.ts';
import { sendJson } from './send-json.ts';
import { isLargeBodyUnread } from './unread-body.ts';

/** Turns whatever was thrown while a request was handled into a reply. This is the only place that does so. */
export function sendErrors(logger: Logger): ErrorRequestHandler {
  // Express recognises an error handler by its four parameters.
  return (thrown: unknown, request: IncomingMessage, response: ServerResponse, _next: unknown) => {
    // The client has disconnected, which is the only meaning of "aborted" errors while its body is read.
    if (request.socket.destroyed) return;
    const error = toSfuError(thrown);
    const context = requestContextOf(response);
    context.errorCode = error.code;
    if (error.code === 'internal_error') logDefect(logger, thrown, context.requestId);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    setErrorHeaders(response, error);
    if (isLargeBodyUnread(request)) response.setHeader('Connection', 'close');
    sendJson(response, ERROR_CODES[error.code].httpStatus, JSON.stringify(createErrorReply(error, context.requestId)));
  };
}

function setErrorHeaders(response: ServerResponse, { code, retryAfterMs }: SfuError): void {
  if (retryAfterMs !== undefined) response.setHeader('Retry-After', String(Math.ceil(retryAfterMs / 1000)));
  if (ERROR_CODES[code].httpStatus === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="sfu"');
}

function toSfuError(thrown: unknown): SfuError {
  if (thrown instanceof SfuError) return thrown;
  // Express refuses a path like /%zz with an error that has a status, before any handler runs.
  if (thrown instanceof URIError) return new SfuError('malformed_request', 'the path of the URL is not correctly percent-encoded');
  return new SfuError('internal_error', 'an unexpected error in the SFU; please report it with the requestId', { cause: thrown });
}

function logDefect(logger: Logger, thrown: unknown, requestId: string): void {
  const stack = thrown instanceof Error ? thrown.stack : String(thrown);
  logger.log('error', 'unexpected error while handling a request', { requestId, stack });
}
