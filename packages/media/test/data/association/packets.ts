/** SCTP packets as tests look at them, and make them. */
import { SctpPacketView, sctpChecksum, writeChecksum } from '@causeway/wire';

/** Sets the checksum of a packet that was changed. */
export function withChecksum(packet: Uint8Array): Uint8Array {
  if (packet.length >= 12) writeChecksum(packet, sctpChecksum(packet));
  return packet;
}

export interface Chunk {
  readonly type: number;
  readonly flags?: number;
  readonly body: Uint8Array;
  /** What the length field says; the truth unless given. */
  readonly claimedLength?: number;
}

/** A packet with a right checksum. */
export function buildSctp(verificationTag: number, ...chunks: readonly Chunk[]): Uint8Array {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(5000, 0);
  header.writeUInt16BE(5000, 2);
  header.writeUInt32BE(verificationTag >>> 0, 4);
  const bodies = chunks.map(({ type, flags = 0, body, claimedLength }) => {
    const chunkHeader = Buffer.of(type, flags, 0, 0);
    chunkHeader.writeUInt16BE(claimedLength ?? body.length + 4, 2);
    return Buffer.concat([chunkHeader, body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
  });
  return withChecksum(Uint8Array.from(Buffer.concat([header, ...bodies])));
}

/** The body of an INIT, with these parameters behind it. */
export function initBody(...parameters: readonly Uint8Array[]): Uint8Array {
  const fixed = Buffer.alloc(16);
  fixed.writeUInt32BE(0x1234_5678, 0);
  fixed.writeUInt32BE(1_048_576, 4);
  fixed.writeUInt16BE(1024, 8);
  fixed.writeUInt16BE(1024, 10);
  fixed.writeUInt32BE(77, 12);
  return Uint8Array.from(Buffer.concat([fixed, ...parameters]));
}

/** The body of DATA on stream 0. */
export function dataBody(tsn: number, userData: Uint8Array, streamId = 0, streamSequence = 0): Uint8Array {
  const head = Buffer.alloc(12);
  head.writeUInt32BE(tsn >>> 0, 0);
  head.writeUInt16BE(streamId, 4);
  head.writeUInt16BE(streamSequence & 0xffff, 6);
  head.writeUInt32BE(53, 8);
  return Uint8Array.from(Buffer.concat([head, userData]));
}

export function chunkTypes(packet: Uint8Array): number[] {
  const view = new SctpPacketView();
  const types: number[] = [];
  if (view.read(packet)) while (view.nextChunk()) types.push(view.chunkType);
  return types;
}
