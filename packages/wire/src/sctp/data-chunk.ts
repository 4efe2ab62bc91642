/**
 * DATA: a message of a stream, or a fragment of one.
 *
 * @see RFC 9260 §3.3.1, RFC 7053 §3
 */
import { readUint16, readUint32, writeUint16, writeUint32 } from '../numbers.ts';
import { paddedLength, SctpChunkType, writeChunkHeader, writePadding } from './sctp-packet.ts';

/** Length of chunk header, TSN, stream, stream sequence number and payload protocol. */
export const DATA_HEADER_LENGTH = 16;

/** Up to this length, copying byte by byte costs no more than creating a view. */
const MAX_LENGTH_BY_BYTE = 96;

const UNORDERED_BIT = 0x04;
const BEGINNING_BIT = 0x02;
const END_BIT = 0x01;
const IMMEDIATE_BIT = 0x08;

/** A DATA or I-DATA chunk. One object is reused for every chunk that is read or written. */
export interface SctpDataFields {
  tsn: number;
  streamId: number;
  /** Stream sequence number (16 bits) in DATA, message identifier (32 bits) in I-DATA. */
  messageNumber: number;
  /** Index of the fragment in its message; only in I-DATA. */
  fragmentNumber: number;
  /** Payload protocol identifier; in I-DATA, only the first fragment has it. */
  protocolId: number;
  isUnordered: boolean;
  isBeginning: boolean;
  isEnd: boolean;
  /** Whether the receiver should acknowledge at once. */
  isImmediate: boolean;
  /** The buffer that contains the user data, from `payloadOffset` on. */
  payload: Uint8Array;
  payloadOffset: number;
  payloadLength: number;
}

/** Creates the fields of a DATA chunk, all of them 0. */
export function createSctpDataFields(): SctpDataFields {
  return {
    tsn: 0,
    streamId: 0,
    messageNumber: 0,
    fragmentNumber: 0,
    protocolId: 0,
    isUnordered: false,
    isBeginning: false,
    isEnd: false,
    isImmediate: false,
    payload: new Uint8Array(0),
    payloadOffset: 0,
    payloadLength: 0,
  };
}

/** Reads the chunk from `start` to `end` without copying its user data. @returns false if it has none, which SCTP does not allow */
export function readDataChunk(fields: SctpDataFields, bytes: Uint8Array, start: number, end: number): boolean {
  if (!readSharedFields(fields, bytes, start, end, DATA_HEADER_LENGTH)) return false;
  fields.messageNumber = readUint16(bytes, start + 10);
  fields.fragmentNumber = 0;
  fields.protocolId = readUint32(bytes, start + 12);
  return true;
}

/** @returns the offset after the chunk's padding */
export function writeDataChunk(out: Uint8Array, offset: number, fields: SctpDataFields): number {
  writeChunkHeader(out, offset, SctpChunkType.data, dataFlags(fields), DATA_HEADER_LENGTH + fields.payloadLength);
  writeUint32(out, offset + 4, fields.tsn);
  writeUint16(out, offset + 8, fields.streamId);
  writeUint16(out, offset + 10, fields.messageNumber);
  writeUint32(out, offset + 12, fields.protocolId);
  return writeUserData(out, offset, DATA_HEADER_LENGTH, fields);
}

/** Reads what DATA and I-DATA have in common. @returns false if the chunk has no user data */
function readSharedFields(fields: SctpDataFields, bytes: Uint8Array, start: number, end: number, headerLength: number): boolean {
  if (end - start <= headerLength) return false;
  const flags = bytes[start + 1];
  fields.tsn = readUint32(bytes, start + 4);
  fields.streamId = readUint16(bytes, start + 8);
  fields.payload = bytes;
  fields.payloadOffset = start + headerLength;
  fields.payloadLength = end - fields.payloadOffset;
  fields.isUnordered = (flags & UNORDERED_BIT) !== 0;
  fields.isBeginning = (flags & BEGINNING_BIT) !== 0;
  fields.isEnd = (flags & END_BIT) !== 0;
  fields.isImmediate = (flags & IMMEDIATE_BIT) !== 0;
  return true;
}

function dataFlags({ isUnordered, isBeginning, isEnd, isImmediate }: SctpDataFields): number {
  return (isUnordered ? UNORDERED_BIT : 0) | (isBeginning ? BEGINNING_BIT : 0) | (isEnd ? END_BIT : 0) | (isImmediate ? IMMEDIATE_BIT : 0);
}

/** Copies the user data after the header of its chunk, with padding. @returns the offset after it */
function writeUserData(out: Uint8Array, chunkStart: number, headerLength: number, fields: SctpDataFields): number {
  const { payload, payloadOffset, payloadLength } = fields;
  const at = chunkStart + headerLength;
  if (payloadLength > MAX_LENGTH_BY_BYTE) out.set(payload.subarray(payloadOffset, payloadOffset + payloadLength), at);
  else for (let byte = 0; byte < payloadLength; byte++) out[at + byte] = payload[payloadOffset + byte];
  return writePadding(out, at + payloadLength, chunkStart + paddedLength(headerLength + payloadLength));
}

// I-DATA is like DATA, but each fragment names its message, so that messages of several streams can be interleaved
// (RFC 8260 §2.1).

/** Length of chunk header, TSN, stream, message identifier, and payload protocol or fragment number. */
export const I_DATA_HEADER_LENGTH = 20;

/** Like `readDataChunk`. */
export function readIDataChunk(fields: SctpDataFields, bytes: Uint8Array, start: number, end: number): boolean {
  if (!readSharedFields(fields, bytes, start, end, I_DATA_HEADER_LENGTH)) return false;
  fields.messageNumber = readUint32(bytes, start + 12);
  // The first fragment has number 0, and uses the field for its protocol.
  const shared = readUint32(bytes, start + 16);
  fields.protocolId = fields.isBeginning ? shared : 0;
  fields.fragmentNumber = fields.isBeginning ? 0 : shared;
  return true;
}

/** @returns the offset after the chunk's padding */
export function writeIDataChunk(out: Uint8Array, offset: number, fields: SctpDataFields): number {
  writeChunkHeader(out, offset, SctpChunkType.iData, dataFlags(fields), I_DATA_HEADER_LENGTH + fields.payloadLength);
  writeUint32(out, offset + 4, fields.tsn);
  writeUint16(out, offset + 8, fields.streamId);
  writeUint16(out, offset + 10, 0);
  writeUint32(out, offset + 12, fields.messageNumber);
  writeUint32(out, offset + 16, fields.isBeginning ? fields.protocolId : fields.fragmentNumber);
  return writeUserData(out, offset, I_DATA_HEADER_LENGTH, fields);
}
