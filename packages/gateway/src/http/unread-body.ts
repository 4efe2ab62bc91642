import type { IncomingMessage } from 'node:http';

/**
 * How much of an unwanted body is read and discarded, so that the client can read the reply: closing a connection on
 * which data still arrives resets it (RFC 9112 §9.6).
 */
export const MAX_DISCARDED_BYTES = 2 * 1024 * 1024;

/** Whether so much of the body is or may be outstanding that the connection should be closed after the reply. */
export function isLargeBodyUnread(request: IncomingMessage): boolean {
  if (request.complete) return false;
  const declared = request.headers['content-length'];
  return declared === undefined ? request.headers['transfer-encoding'] !== undefined : Number(declared) > MAX_DISCARDED_BYTES;
}
