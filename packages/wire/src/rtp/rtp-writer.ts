/**
 * Writes RTP headers in place, into the buffer from which the packet is sent.
 *
 * @see RFC 3550 §5.1, RFC 8285 §4
 */
import { writeUint16, writeUint32 } from '../numbers.ts';
import { RTP_FIXED_HEADER_LENGTH } from './rtp-view.ts';

const VERSION_2 = 0x80;
const EXTENSION_BIT = 0x10;
const ONE_BYTE_PROFILE = 0xbede;
const TWO_BYTE_PROFILE = 0x1000;
const MAX_ONE_BYTE_ID = 14;
const MAX_ONE_BYTE_LENGTH = 16;
const MAX_TWO_BYTE_ID = 255;
const MAX_TWO_BYTE_LENGTH = 255;
/** Length of profile and length fields before the elements. */
const BLOCK_HEADER_LENGTH = 4;

/**
 * Writes the 12 fixed bytes: version 2, no padding, no extension, no CSRC. Values are truncated to their field.
 *
 * @returns the offset after the header
 */
export function writeRtpHeader(
  out: Uint8Array,
  offset: number,
  marker: boolean,
  payloadType: number,
  seq: number,
  timestamp: number,
  ssrc: number,
): number {
  out[offset] = VERSION_2;
  out[offset + 1] = (marker ? 0x80 : 0) | (payloadType & 0x7f);
  writeUint16(out, offset + 2, seq);
  writeUint32(out, offset + 4, timestamp);
  return writeUint32(out, offset + 8, ssrc);
}

/**
 * Appends an extension block to a header that `writeRtpHeader` has just written. The object is reusable: call `begin`,
 * add elements, and call `end`. It works in place and does not allocate.
 */
export class RtpExtensionWriter {
  #out: Uint8Array = new Uint8Array(0);
  #headerOffset = 0;
  #elementsOffset = 0;
  #position = 0;
  #twoByte = false;

  /**
   * @param headerOffset where the 12-byte header starts in `out`
   * @param twoByte chooses the two-byte form, which ids above 14, empty values and values above 16 bytes need
   */
  begin(out: Uint8Array, headerOffset: number, twoByte = false): void {
    this.#out = out;
    this.#headerOffset = headerOffset;
    this.#elementsOffset = headerOffset + RTP_FIXED_HEADER_LENGTH + BLOCK_HEADER_LENGTH;
    this.#position = this.#elementsOffset;
    this.#twoByte = twoByte;
  }

  /**
   * Copies a value into the element `id`.
   *
   * @returns false, with nothing added, if the chosen form cannot carry this id or length, or the buffer has no room
   */
  add(id: number, source: Uint8Array, sourceOffset: number, length: number): boolean {
    const start = this.reserve(id, length);
    if (start < 0) return false;
    const out = this.#out;
    for (let i = 0; i < length; i++) out[start + i] = source[sourceOffset + i];
    return true;
  }

  /**
   * Adds an element whose value the caller then writes at the returned offset, for computed values.
   *
   * @returns -1, with nothing added, in the cases in which `add` returns false
   */
  reserve(id: number, length: number): number {
    const start = this.#position + (this.#twoByte ? 2 : 1);
    if (!this.#canCarry(id, length) || !this.#hasRoomTo(start + length)) return -1;
    if (this.#twoByte) {
      this.#out[this.#position] = id;
      this.#out[this.#position + 1] = length;
    } else {
      this.#out[this.#position] = (id << 4) | (length - 1);
    }
    this.#position = start + length;
    return start;
  }

  /**
   * Pads to 32 bits, writes the header of the block and sets the X bit.
   *
   * @returns the offset after the block; if nothing was added, the offset after the fixed header, with the X bit
   * unchanged
   */
  end(): number {
    if (this.#position === this.#elementsOffset) return this.#headerOffset + RTP_FIXED_HEADER_LENGTH;
    const out = this.#out;
    while (((this.#position - this.#elementsOffset) & 3) !== 0) out[this.#position++] = 0;
    const block = this.#elementsOffset - BLOCK_HEADER_LENGTH;
    writeUint16(out, block, this.#twoByte ? TWO_BYTE_PROFILE : ONE_BYTE_PROFILE);
    writeUint16(out, block + 2, (this.#position - this.#elementsOffset) >> 2);
    out[this.#headerOffset] |= EXTENSION_BIT;
    return this.#position;
  }

  /** Whether the padded block would end within the buffer if its elements ended at `end`. */
  #hasRoomTo(end: number): boolean {
    const elementsLength = end - this.#elementsOffset;
    return this.#elementsOffset + ((elementsLength + 3) & ~3) <= this.#out.length;
  }

  #canCarry(id: number, length: number): boolean {
    if (this.#twoByte) return id >= 1 && id <= MAX_TWO_BYTE_ID && length >= 0 && length <= MAX_TWO_BYTE_LENGTH;
    return id >= 1 && id <= MAX_ONE_BYTE_ID && length >= 1 && length <= MAX_ONE_BYTE_LENGTH;
  }
}
