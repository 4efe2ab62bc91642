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

// CRC-32C (Castagnoli, RFC 9260 appendix A) is computed eight bytes at a time. Byte by byte, it would cost more than
// everything else that SCTP does with a full packet.

/** Offset of the checksum in the common header. It is little-endian, unlike every other field of SCTP. */
export const CHECKSUM_OFFSET = 8;

const CHECKSUM_LENGTH = 4;
const POLYNOMIAL_REVERSED = 0x82f6_3b78;
const LANES = 8;

/** Row `n` advances a byte's remainder over `n` zero bytes. All rows are in one array, which the first packet creates. */
let remainders: Int32Array | undefined;

/** Computes the checksum of a packet, whose own checksum field counts as zero. */
export function sctpChecksum(packet: Uint8Array): number {
  remainders ??= createTable();
  const table = remainders;
  let crc = 0xffff_ffff;
  for (let at = 0; at < CHECKSUM_OFFSET; at++) crc = table[(crc ^ packet[at]) & 0xff] ^ (crc >>> 8);
  for (let at = 0; at < CHECKSUM_LENGTH; at++) crc = table[crc & 0xff] ^ (crc >>> 8);
  const { length } = packet;
  let at = CHECKSUM_OFFSET + CHECKSUM_LENGTH;
  for (; at + LANES <= length; at += LANES) {
    crc ^= packet[at] | (packet[at + 1] << 8) | (packet[at + 2] << 16) | (packet[at + 3] << 24);
    crc =
      table[1792 + (crc & 0xff)] ^
      table[1536 + ((crc >>> 8) & 0xff)] ^
      table[1280 + ((crc >>> 16) & 0xff)] ^
      table[1024 + (crc >>> 24)] ^
      table[768 + packet[at + 4]] ^
      table[512 + packet[at + 5]] ^
      table[256 + packet[at + 6]] ^
      table[packet[at + 7]];
  }
  for (; at < length; at++) crc = table[(crc ^ packet[at]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Reads the checksum of a packet. */
export function readChecksum(packet: Uint8Array): number {
  const at = CHECKSUM_OFFSET;
  return (packet[at] | (packet[at + 1] << 8) | (packet[at + 2] << 16) | (packet[at + 3] << 24)) >>> 0;
}

/** Writes the checksum into the common header of a packet that is otherwise complete. */
export function writeChecksum(packet: Uint8Array, checksum: number): void {
  for (let byte = 0; byte < CHECKSUM_LENGTH; byte++) packet[CHECKSUM_OFFSET + byte] = checksum >>> (8 * byte);
}

function createTable(): Int32Array {
  const table = new Int32Array(256 * LANES);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) * POLYNOMIAL_REVERSED);
    table[byte] = crc;
  }
  for (let entry = 256; entry < table.length; entry++) {
    const before = table[entry - 256];
    table[entry] = table[before & 0xff] ^ (before >>> 8);
  }
  return table;
}
