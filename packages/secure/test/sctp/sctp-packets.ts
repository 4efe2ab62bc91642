/** SCTP packets made by hand, with a right checksum. */
import { CHECKSUM_AT, sctpChecksum } from '../../src/sctp/crc32c.ts';

export interface Chunk {
  readonly type: number;
  readonly body: Buffer;
  /** What the length field says; the truth unless given. */
  readonly claimedLength?: number;
}

export function buildSctp(verificationTag: number, ...chunks: Chunk[]): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(5_000, 0);
  header.writeUInt16BE(5_000, 2);
  header.writeUInt32BE(verificationTag, 4);
  const bodies = chunks.map(({ type, body, claimedLength }) => {
    const chunkHeader = Buffer.alloc(4);
    chunkHeader[0] = type;
    chunkHeader.writeUInt16BE(claimedLength ?? body.length + 4, 2);
    return Buffer.concat([chunkHeader, body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
  });
  return withChecksum(Buffer.concat([header, ...bodies]));
}

/** Sets the checksum of a packet that was changed. */
export function withChecksum(packet: Buffer): Buffer {
  if (packet.length >= CHECKSUM_AT + 4) packet.writeUInt32LE(sctpChecksum(packet), CHECKSUM_AT);
  return packet;
}

/** The body of an INIT with these parameters behind it. */
export function initBody(...parameters: Buffer[]): Buffer {
  const fixed = Buffer.alloc(16);
  fixed.writeUInt32BE(0x1234_5678, 0);
  fixed.writeUInt32BE(1_048_576, 4);
  fixed.writeUInt16BE(1_024, 8);
  fixed.writeUInt16BE(1_024, 10);
  fixed.writeUInt32BE(77, 12);
  return Buffer.concat([fixed, ...parameters]);
}
