/**
 * RED payloads: several encodings of audio in one packet, of which the last is new and the others were sent before.
 *
 * @see RFC 2198 §3
 */
import { readUint16 } from '../numbers.ts';

/** Bytes of the header of a block that was sent before, and of the last one. */
const BLOCK_HEADER_LENGTH = 4;
const PRIMARY_HEADER_LENGTH = 1;
/** The largest timestamp offset, in ticks, that a block header has room for. */
export const MAX_RED_OFFSET = 0x3fff;
/** The longest block, in bytes, whose length a block header has room for. */
export const MAX_RED_BLOCK_LENGTH = 0x3ff;
/** Chromium sends at most nine. Packets with more are malformed. */
const MAX_BLOCKS = 16;

const FOLLOWED = 0x80;

/** Locates the blocks of one RED payload without copying. Its fields are valid until the next `read`, unless `read` returned false. */
export class RedPayload {
  /** Number of blocks that were sent before. */
  count = 0;
  /** Payload types of those blocks, oldest first. */
  readonly payloadTypes = new Uint8Array(MAX_BLOCKS);
  /** How many ticks their timestamps are before that of the packet. */
  readonly offsets = new Uint16Array(MAX_BLOCKS);
  /** Where they start in the buffer. */
  readonly starts = new Uint16Array(MAX_BLOCKS);
  readonly lengths = new Uint16Array(MAX_BLOCKS);
  primaryPayloadType = 0;
  primaryStart = 0;
  primaryLength = 0;

  /**
   * Reads `length` bytes from `offset` on.
   *
   * @returns false if the payload is cut off, or has no block or more than sixteen older ones
   */
  read(bytes: Uint8Array, offset: number, length: number): boolean {
    const end = offset + length;
    this.count = 0;
    let at = offset;
    let claimed = 0;
    for (; at < end && bytes[at] >= FOLLOWED; at += BLOCK_HEADER_LENGTH) {
      if (this.count === MAX_BLOCKS || at + BLOCK_HEADER_LENGTH > end) return false;
      this.payloadTypes[this.count] = bytes[at] & 0x7f;
      this.offsets[this.count] = readUint16(bytes, at + 1) >> 2;
      this.lengths[this.count] = readUint16(bytes, at + 2) & MAX_RED_BLOCK_LENGTH;
      claimed += this.lengths[this.count++];
    }
    if (at + PRIMARY_HEADER_LENGTH + claimed > end) return false;
    this.primaryPayloadType = bytes[at];
    let start = at + PRIMARY_HEADER_LENGTH;
    for (let block = 0; block < this.count; block++) {
      this.starts[block] = start;
      start += this.lengths[block];
    }
    this.primaryStart = start;
    this.primaryLength = end - start;
    return true;
  }
}

/**
 * Writes the header of a block that was sent before. The blocks follow all headers, in the same order.
 *
 * @param timestampOffset at most `MAX_RED_OFFSET` ticks before the packet's timestamp
 * @param length at most `MAX_RED_BLOCK_LENGTH` bytes
 * @returns the offset after it
 */
export function writeRedBlockHeader(out: Uint8Array, offset: number, payloadType: number, timestampOffset: number, length: number): number {
  out[offset] = FOLLOWED | payloadType;
  out[offset + 1] = timestampOffset >> 6;
  out[offset + 2] = ((timestampOffset & 0x3f) << 2) | (length >> 8);
  out[offset + 3] = length & 0xff;
  return offset + BLOCK_HEADER_LENGTH;
}

/** Writes the header of the new block, which comes last. @returns the offset after it */
export function writeRedPrimaryHeader(out: Uint8Array, offset: number, payloadType: number): number {
  out[offset] = payloadType;
  return offset + PRIMARY_HEADER_LENGTH;
}

/** Length of all headers of a payload with this many older blocks. */
export function redHeadersLength(olderBlocks: number): number {
  return olderBlocks * BLOCK_HEADER_LENGTH + PRIMARY_HEADER_LENGTH;
}
