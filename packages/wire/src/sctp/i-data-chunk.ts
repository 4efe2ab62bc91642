/**
 * I-DATA: like DATA, but each fragment names its message, so that messages of several streams can be interleaved.
 *
 * @see RFC 8260 §2.1
 */
import { readUint16, readUint32, writeUint16, writeUint32 } from '../numbers.ts';
import { dataFlags, readDataFlags, type SctpDataFields, writeUserData } from './data-chunk.ts';
import { SctpChunkType, writeChunkHeader } from './sctp-packet.ts';

/** Length of chunk header, TSN, stream, message identifier, and payload protocol or fragment number. */
export const I_DATA_HEADER_LENGTH = 20;

/** Like `readDataChunk`. */
export function readIDataChunk(fields: SctpDataFields, bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start <= I_DATA_HEADER_LENGTH) return false;
  readDataFlags(fields, bytes[start + 1]);
  fields.tsn = readUint32(bytes, start + 4);
  fields.streamId = readUint16(bytes, start + 8);
  fields.messageNumber = readUint32(bytes, start + 12);
  // The first fragment has number 0, and uses the field for its protocol.
  const shared = readUint32(bytes, start + 16);
  fields.protocolId = fields.isBeginning ? shared : 0;
  fields.fragmentNumber = fields.isBeginning ? 0 : shared;
  fields.payload = bytes;
  fields.payloadOffset = start + I_DATA_HEADER_LENGTH;
  fields.payloadLength = end - fields.payloadOffset;
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
