import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { ERROR_CODES, SfuError } from '@causeway/protocol';
import { createErrorReply } from './reply.ts';

/** This many replies take less than a millisecond. */
const REPLIES_PER_TURN = 8;

/**
 * Creates the listener for the server's `clientError` event. It replies in several turns of the event loop, because
 * Node checks for slow senders once a second and reports them together, and thousands of replies in one turn would
 * delay media.
 *
 * @param nextTurn calls back in a later turn of the event loop, after the input that arrived before it has been handled
 */
export function createClientErrorListener(
  nextTurn: (callback: () => void) => void = setImmediate,
): (error: NodeJS.ErrnoException, socket: Duplex) => void {
  const waiting: (() => void)[] = [];
  const takeTurn = (): void => {
    for (const reply of waiting.splice(0, REPLIES_PER_TURN)) reply();
    if (waiting.length > 0) nextTurn(takeTurn);
  };
  return (error, socket) => {
    waiting.push(() => replyToClientError(error, socket));
    if (waiting.length === 1) nextTurn(takeTurn);
  };
}

/** Replies to requests that Node's HTTP parser refuses, in the format of every other error. */
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
