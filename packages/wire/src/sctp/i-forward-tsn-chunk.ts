/**
 * I-FORWARD-TSN: like FORWARD-TSN, for messages sent as I-DATA.
 *
 * @see RFC 8260 §2.3.1
 */
import { readUint16, readUint32, writeUint16, writeUint32 } from '../numbers.ts';
import type { SctpForwardTsn, SkippedMessages } from './forward-tsn-chunk.ts';
import { SctpChunkType, writeChunkHeader } from './sctp-packet.ts';

const HEADER_LENGTH = 8;
const ENTRY_LENGTH = 8;
const UNORDERED_BIT = 1;

/** Like `parseForwardTsn`. */
export function parseIForwardTsn(bytes: Uint8Array, start: number, end: number): SctpForwardTsn | undefined {
  if (end - start < HEADER_LENGTH || (end - start - HEADER_LENGTH) % ENTRY_LENGTH !== 0) return undefined;
  const skipped: SkippedMessages[] = [];
  for (let at = start + HEADER_LENGTH; at < end; at += ENTRY_LENGTH) {
    const isUnordered = (readUint16(bytes, at + 2) & UNORDERED_BIT) !== 0;
    skipped.push({ streamId: readUint16(bytes, at), isUnordered, messageNumber: readUint32(bytes, at + 4) });
  }
  return { newCumulativeTsn: readUint32(bytes, start + 4), skipped };
}

/** @returns the offset after the chunk */
export function writeIForwardTsn(out: Uint8Array, offset: number, { newCumulativeTsn, skipped }: SctpForwardTsn): number {
  let at = writeUint32(out, offset + 4, newCumulativeTsn);
  for (const { streamId, isUnordered, messageNumber } of skipped) {
    at = writeUint16(out, writeUint16(out, at, streamId), isUnordered ? UNORDERED_BIT : 0);
    at = writeUint32(out, at, messageNumber);
  }
  writeChunkHeader(out, offset, SctpChunkType.iForwardTsn, 0, at - offset);
  return at;
}
