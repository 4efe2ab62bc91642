import type { IncomingMessage, ServerResponse } from 'node:http';
import { ERROR_CODES, type ErrorReply, SfuError } from '@causeway/protocol';
import type { ErrorRequestHandler } from 'express';
import type { Logger } from '../logging/logger.ts';
import { requestContextOf } from './request-context.ts';

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

/** Creates the body of the reply to a failed request. */
export function createErrorReply(error: SfuError, requestId: string): ErrorReply {
  return {
    errorCode: error.code,
    errorDescription: error.message,
    requestId,
    retryable: ERROR_CODES[error.code].retryable,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    ...(error.details === undefined ? {} : { details: { ...error.details } }),
    ...(error.tracks === undefined ? {} : { tracks: error.tracks.map((item) => ({ ...item })) }),
    ...(error.dataChannels === undefined ? {} : { dataChannels: error.dataChannels.map((item) => ({ ...item })) }),
  };
}

/** The `Content-Type` of JSON. */
export const JSON_TYPE = 'application/json; charset=utf-8';

/** Sends a whole reply as JSON that caches do not store and browsers do not interpret as anything else. */
export function sendJson(response: ServerResponse, httpStatus: number, json: string): void {
  sendText(response, httpStatus, { type: JSON_TYPE, text: json });
}

/** Like `sendJson`, for another kind of text. */
export function sendText(
  response: ServerResponse,
  httpStatus: number,
  { type, text }: { readonly type: string; readonly text: string },
): void {
  response.statusCode = httpStatus;
  response.setHeader('Content-Type', type);
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.end(text);
}

/**
 * How much of an unwanted body is read and discarded, so that the client can read the reply: closing a connection on
 * which data still arrives resets it (RFC 9112 §9.6).
 */
export const MAX_DISCARDED_BYTES = 2 * 1024 * 1024;

/** Whether so much of the body is or may be outstanding that the connection should be closed after the reply. */
function isLargeBodyUnread(request: IncomingMessage): boolean {
  if (request.complete) return false;
  const declared = request.headers['content-length'];
  return declared === undefined ? request.headers['transfer-encoding'] !== undefined : Number(declared) > MAX_DISCARDED_BYTES;
}
