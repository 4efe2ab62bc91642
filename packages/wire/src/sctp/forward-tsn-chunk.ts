/**
 * FORWARD-TSN: the sender has abandoned messages, so the receiver need not wait for them.
 *
 * @see RFC 3758 §3.2
 */
import { readUint16, readUint32, writeUint16, writeUint32 } from '../numbers.ts';
import { SctpChunkType, writeChunkHeader } from './sctp-packet.ts';

/** A stream of which all messages up to this one have been sent or abandoned. */
export interface SkippedMessages {
  readonly streamId: number;
  /** Always false in FORWARD-TSN, whose unordered messages have no numbers. */
  readonly isUnordered: boolean;
  /** Stream sequence number, or message identifier in I-FORWARD-TSN. */
  readonly messageNumber: number;
}

/** FORWARD-TSN or I-FORWARD-TSN. */
export interface SctpForwardTsn {
  readonly newCumulativeTsn: number;
  readonly skipped: readonly SkippedMessages[];
}

const HEADER_LENGTH = 8;
const ENTRY_LENGTH = 4;

/** Parses the chunk from `start` to `end`; undefined if its length is invalid. */
export function parseForwardTsn(bytes: Uint8Array, start: number, end: number): SctpForwardTsn | undefined {
  if (end - start < HEADER_LENGTH || (end - start - HEADER_LENGTH) % ENTRY_LENGTH !== 0) return undefined;
  const skipped: SkippedMessages[] = [];
  for (let at = start + HEADER_LENGTH; at < end; at += ENTRY_LENGTH) {
    skipped.push({ streamId: readUint16(bytes, at), isUnordered: false, messageNumber: readUint16(bytes, at + 2) });
  }
  return { newCumulativeTsn: readUint32(bytes, start + 4), skipped };
}

/** @returns the offset after the chunk */
export function writeForwardTsn(out: Uint8Array, offset: number, { newCumulativeTsn, skipped }: SctpForwardTsn): number {
  let at = writeUint32(out, offset + 4, newCumulativeTsn);
  for (const { streamId, messageNumber } of skipped) at = writeUint16(out, writeUint16(out, at, streamId), messageNumber);
  writeChunkHeader(out, offset, SctpChunkType.forwardTsn, 0, at - offset);
  return at;
}

// I-FORWARD-TSN does the same for messages that were sent as I-DATA (RFC 8260 §2.3.1).

const I_HEADER_LENGTH = 8;
const I_ENTRY_LENGTH = 8;
const UNORDERED_BIT = 1;

/** Like `parseForwardTsn`. */
export function parseIForwardTsn(bytes: Uint8Array, start: number, end: number): SctpForwardTsn | undefined {
  if (end - start < I_HEADER_LENGTH || (end - start - I_HEADER_LENGTH) % I_ENTRY_LENGTH !== 0) return undefined;
  const skipped: SkippedMessages[] = [];
  for (let at = start + I_HEADER_LENGTH; at < end; at += I_ENTRY_LENGTH) {
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
