/**
 * The framing of SCTP: the common header, and the chunks after it.
 *
 * @see RFC 9260 §3.1, §3.2
 */
import { readUint16, readUint32, writeUint16, writeUint32 } from '../numbers.ts';

/** Chunk types (RFC 9260 §3.2, RFC 3758 §3.2, RFC 6525 §3.1, RFC 8260 §2). */
export const SctpChunkType = {
  data: 0,
  init: 1,
  initAck: 2,
  sack: 3,
  heartbeat: 4,
  heartbeatAck: 5,
  abort: 6,
  shutdown: 7,
  shutdownAck: 8,
  error: 9,
  cookieEcho: 10,
  cookieAck: 11,
  shutdownComplete: 14,
  iData: 64,
  reconfig: 130,
  forwardTsn: 192,
  iForwardTsn: 194,
} as const;

/** Length of the common header, which starts every packet. */
export const SCTP_HEADER_LENGTH = 12;
/** Length of the header that starts every chunk. */
export const SCTP_CHUNK_HEADER_LENGTH = 4;

/** The most chunks read from one packet. One full of the smallest messages has fewer. */
const MAX_CHUNKS = 100;

/** Rounds up to a multiple of four, at which chunks and parameters start; their length fields exclude the padding. */
export function paddedLength(length: number): number {
  return (length + 3) & ~3;
}

/** Iterates over the chunks of a packet without copying. The object is reused for every packet. */
export class SctpPacketView {
  bytes: Uint8Array = new Uint8Array(0);
  verificationTag = 0;
  /** The current chunk, set by `nextChunk`. */
  chunkType = 0;
  chunkFlags = 0;
  /** Offset of the chunk's header. */
  chunkStart = 0;
  /** End of the chunk, without its padding. */
  chunkEnd = 0;
  #next = 0;

  /**
   * Starts with a packet.
   *
   * @param packet stays referenced until the next call
   * @returns false unless the packet is a header and 1 to 100 chunks whose lengths fit; the checksum is not verified
   */
  read(packet: Uint8Array): boolean {
    this.bytes = packet;
    this.#next = SCTP_HEADER_LENGTH;
    if (packet.length < SCTP_HEADER_LENGTH + SCTP_CHUNK_HEADER_LENGTH) return false;
    let chunks = 0;
    for (let at = SCTP_HEADER_LENGTH; at < packet.length; chunks++) {
      if (at + SCTP_CHUNK_HEADER_LENGTH > packet.length || chunks === MAX_CHUNKS) return false;
      const length = readUint16(packet, at + 2);
      if (length < SCTP_CHUNK_HEADER_LENGTH || at + length > packet.length) return false;
      at += paddedLength(length);
    }
    this.verificationTag = readUint32(packet, 4);
    return true;
  }

  /** Moves to the next chunk. @returns false after the last one */
  nextChunk(): boolean {
    if (this.#next >= this.bytes.length) return false;
    this.chunkStart = this.#next;
    this.chunkType = this.bytes[this.chunkStart];
    this.chunkFlags = this.bytes[this.chunkStart + 1];
    const length = readUint16(this.bytes, this.chunkStart + 2);
    this.chunkEnd = this.chunkStart + length;
    this.#next = this.chunkStart + paddedLength(length);
    return true;
  }

  /** Whether the chunk that comes next is the last one. */
  get isLastChunk(): boolean {
    return this.#next >= this.bytes.length;
  }
}

/** Writes the common header with a zero checksum. @returns the offset after it */
export function writeSctpHeader(out: Uint8Array, port: number, verificationTag: number): number {
  writeUint16(out, 0, port);
  writeUint16(out, 2, port);
  writeUint32(out, 4, verificationTag);
  return writeUint32(out, 8, 0);
}

/** @param length of the chunk with its header, without padding @returns the offset after the chunk's header */
export function writeChunkHeader(out: Uint8Array, offset: number, type: number, flags: number, length: number): number {
  out[offset] = type;
  out[offset + 1] = flags;
  return writeUint16(out, offset + 2, length);
}

/** Writes a chunk whose body is opaque (a cookie, a heartbeat) or empty. @returns the offset after its padding */
export function writeOpaqueChunk(out: Uint8Array, offset: number, type: number, body: Uint8Array): number {
  const length = SCTP_CHUNK_HEADER_LENGTH + body.length;
  out.set(body, writeChunkHeader(out, offset, type, 0, length));
  return writePadding(out, offset + length, offset + paddedLength(length));
}

/** Zeroes the bytes from the end of a chunk or parameter to the next multiple of four. @returns `end` */
export function writePadding(out: Uint8Array, from: number, end: number): number {
  out.fill(0, from, end);
  return end;
}
