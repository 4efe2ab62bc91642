/**
 * ABORT: ends the association at once.
 *
 * @see RFC 9260 §3.3.7, §3.3.10
 */

import { writeUint16 } from '../numbers.ts';
import { encodeUtf8 } from '../utf8.ts';
import { paddedLength, SCTP_CHUNK_HEADER_LENGTH, SctpChunkType, writeChunkHeader, writePadding } from './sctp-packet.ts';

/** Error causes (RFC 9260 §3.3.10). */
export const SctpErrorCause = { userInitiated: 12, protocolViolation: 13 } as const;

const CAUSE_HEADER_LENGTH = 4;

/** @param detail information for debugging the peer @returns the offset after the chunk's padding */
export function writeAbort(out: Uint8Array, offset: number, cause: number, detail: string): number {
  const text = encodeUtf8(detail);
  const length = SCTP_CHUNK_HEADER_LENGTH + CAUSE_HEADER_LENGTH + text.length;
  const at = writeChunkHeader(out, offset, SctpChunkType.abort, 0, length);
  out.set(text, writeUint16(out, writeUint16(out, at, cause), CAUSE_HEADER_LENGTH + text.length));
  return writePadding(out, offset + length, offset + paddedLength(length));
}
