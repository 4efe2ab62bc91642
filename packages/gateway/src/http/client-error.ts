import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { ERROR_CODES, SfuError } from '@causeway/protocol';
import { createErrorReply } from './error-reply.ts';

/**
 * Replies to what Node's HTTP parser refuses, before there is a request: noise, endless headers, slow senders. Same shape as every
 * other error. Listener for the server's `clientError` event.
 */
export function replyToClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal = describe(error.code);
  const { httpStatus } = ERROR_CODES[refusal.code];
  const json = JSON.stringify(createErrorReply(refusal, randomUUID()));
  const head = [
    `HTTP/1.1 ${httpStatus} ${STATUS_CODES[httpStatus] ?? ''}`,
    'Connection: close',
    'Access-Control-Allow-Origin: *',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(json)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${json}`);
}

function describe(code: string | undefined): SfuError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new SfuError('headers_too_large', 'the request headers are larger than allowed');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new SfuError('request_timeout', 'the request did not arrive completely in time');
    default:
      return new SfuError('malformed_request', 'this is not an HTTP request');
  }
}
