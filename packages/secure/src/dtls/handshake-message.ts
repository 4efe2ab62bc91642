/** Handshake messages, and the fragments that carry them. @see RFC 6347 §4.2.2, §4.2.3 */
import { TlsReader, uint8, uint16, uint24, vector24 } from './tls-fields.ts';

export interface HandshakeMessage {
  readonly type: number;
  /** `message_seq`: counts the messages of one side. */
  readonly sequence: number;
  readonly body: Buffer;
}

export interface HandshakeFragment {
  readonly type: number;
  readonly sequence: number;
  /** Length of the body of the whole message. */
  readonly totalLength: number;
  readonly offset: number;
  readonly body: Buffer;
}

const HEADER_LENGTH = 12;

/** @returns the fragments in a record; undefined if one of them is malformed */
export function parseFragments(record: Buffer): HandshakeFragment[] | undefined {
  const fragments: HandshakeFragment[] = [];
  const reader = new TlsReader(record);
  while (reader.hasMore) {
    const type = reader.uint8();
    const totalLength = reader.uint24();
    const sequence = reader.uint16();
    const offset = reader.uint24();
    const body = reader.vector24();
    if (offset + body.length > totalLength) return undefined;
    fragments.push({ type, sequence, totalLength, offset, body });
  }
  return reader.isComplete ? fragments : undefined;
}

/** Splits a message into fragments of at most `maxLength` bytes, headers included. */
export function writeFragments({ type, sequence, body }: HandshakeMessage, maxLength: number): Buffer[] {
  const fragments: Buffer[] = [];
  const step = maxLength - HEADER_LENGTH;
  let offset = 0;
  do {
    const part = body.subarray(offset, offset + step);
    fragments.push(Buffer.concat([uint8(type), uint24(body.length), uint16(sequence), uint24(offset), vector24(part)]));
    offset += step;
  } while (offset < body.length);
  return fragments;
}

/** The form of a message that hashes and signatures cover: as if it had not been fragmented. */
export function transcriptBytes(message: HandshakeMessage): Buffer {
  const [whole = Buffer.alloc(0)] = writeFragments(message, HEADER_LENGTH + message.body.length + 1);
  return whole;
}
