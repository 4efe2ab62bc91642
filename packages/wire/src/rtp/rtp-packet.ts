/**
 * RTP packets: a view that locates the parts of one, and the writing of headers in place, into the buffer from which the
 * packet is sent. Nothing is copied or allocated.
 *
 * @see RFC 3550 §5.1 and §5.3.1, RFC 8285 §4
 */
import { readUint16, readUint32, type Seq16, toSeq16, writeUint16, writeUint32 } from '../numbers.ts';

/** Length of the fixed header: everything up to the CSRC list. */
export const RTP_FIXED_HEADER_LENGTH = 12;

const RTP_VERSION = 2;
const EXTENSION_BIT = 0x10;
const PADDING_BIT = 0x20;
/** The "defined by profile" field of the one-byte form (RFC 8285 §4.2). */
const ONE_BYTE_PROFILE = 0xbede;
/** The two-byte form is 0x1000 with four free bits (RFC 8285 §4.3). */
const TWO_BYTE_PROFILE = 0x1000;
const TWO_BYTE_PROFILE_MASK = 0xfff0;
/** Ends the parsing of the one-byte form (RFC 8285 §4.2). */
const ONE_BYTE_STOP_ID = 15;
const VERSION_2 = 0x80;
const MAX_ONE_BYTE_ID = 14;
const MAX_ONE_BYTE_LENGTH = 16;
const MAX_TWO_BYTE_ID = 255;
const MAX_TWO_BYTE_LENGTH = 255;
/** Length of profile and length fields before the elements. */
const BLOCK_HEADER_LENGTH = 4;

/**
 * Returns the length of the fixed header, CSRC list and extension block: the part that SRTP does not encrypt, after
 * which the payload starts.
 *
 * @param length how many bytes of `packet` belong to the packet (with its SRTP tag, if it is still protected)
 * @returns -1 if it is shorter than 12 bytes, not version 2, or if one of the three parts extends past `length`
 */
export function rtpHeaderLength(packet: Uint8Array, length: number): number {
  if (length < RTP_FIXED_HEADER_LENGTH || length > packet.length) return -1;
  const first = packet[0];
  if (first >> 6 !== RTP_VERSION) return -1;
  let end = RTP_FIXED_HEADER_LENGTH + (first & 0x0f) * 4;
  if ((first & EXTENSION_BIT) !== 0) {
    if (end + 4 > length) return -1;
    end += 4 + readUint16(packet, end + 2) * 4;
  }
  return end <= length ? end : -1;
}

/** Returns the SSRC of a packet with at least 12 bytes. */
export function peekRtpSsrc(packet: Uint8Array): number {
  return readUint32(packet, 8);
}

/** Returns the sequence number of a packet with at least 12 bytes. */
export function peekRtpSeq(packet: Uint8Array): Seq16 {
  return toSeq16(readUint16(packet, 2));
}

/** Returns the timestamp of a packet with at least 12 bytes. */
export function peekRtpTimestamp(packet: Uint8Array): number {
  return readUint32(packet, 4);
}

/**
 * Locates header fields, extensions and payload of a decrypted RTP packet without copying.
 *
 * One view serves a whole stream of packets: `read` overwrites all fields. They are valid until the next `read`, while
 * the buffer does not change, and unless `read` returned false.
 */
export class RtpView {
  /** The buffer passed to `read`; the offsets below count from its start. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Length of the whole packet in `bytes`. */
  length = 0;
  marker = false;
  payloadType = 0;
  sequenceNumber: Seq16 = toSeq16(0);
  /** Counts ticks of the payload's clock in 32 bits, which wrap. */
  timestamp = 0;
  ssrc = 0;
  /** Length of fixed header, CSRC list and extension block, after which the payload starts. */
  headerLength = 0;
  /** Does not include the padding; 0 for a packet of padding alone, such as a probe. */
  payloadLength = 0;
  /** Length of the padding after the payload, with its count byte; 0 if there is none. */
  paddingLength = 0;
  /** Offset of the value that `findExtension` found. */
  extensionOffset = 0;
  /** Length of the value that `findExtension` found; may be 0 in the two-byte form. */
  extensionLength = 0;

  #extensionProfile = 0;
  /** Offset of the extension elements, after profile and length. */
  #elementsOffset = 0;

  /**
   * Reads the first `length` bytes of `packet`, which must not change while the view is in use.
   *
   * @returns false if `rtpHeaderLength` refuses the packet, or the padding count is 0 or exceeds what follows the
   * header
   */
  read(packet: Uint8Array, length: number): boolean {
    const headerLength = rtpHeaderLength(packet, length);
    if (headerLength < 0) return false;
    const first = packet[0];
    let paddingLength = 0;
    if ((first & PADDING_BIT) !== 0) {
      // If nothing follows the header, the last byte is not a padding count but part of the header.
      paddingLength = headerLength < length ? packet[length - 1] : 0;
      if (paddingLength === 0 || paddingLength > length - headerLength) return false;
    }
    this.bytes = packet;
    this.length = length;
    this.marker = packet[1] >= 0x80;
    this.payloadType = packet[1] & 0x7f;
    this.sequenceNumber = toSeq16(readUint16(packet, 2));
    this.timestamp = readUint32(packet, 4);
    this.ssrc = readUint32(packet, 8);
    this.headerLength = headerLength;
    this.paddingLength = paddingLength;
    this.payloadLength = length - headerLength - paddingLength;
    this.#locateElements(first);
    return true;
  }

  /**
   * Finds the header extension with this id and sets `extensionOffset` and `extensionLength`. The first element with
   * the id counts. Elements after one that is malformed or extends past the block are ignored.
   *
   * @returns false if there is none, or the block has neither form of RFC 8285
   */
  findExtension(id: number): boolean {
    if (this.#extensionProfile === ONE_BYTE_PROFILE) return this.#findOneByte(id);
    if ((this.#extensionProfile & TWO_BYTE_PROFILE_MASK) === TWO_BYTE_PROFILE) return this.#findTwoByte(id);
    return false;
  }

  #locateElements(first: number): void {
    if ((first & EXTENSION_BIT) === 0) {
      this.#extensionProfile = 0;
      return;
    }
    const block = RTP_FIXED_HEADER_LENGTH + (first & 0x0f) * 4;
    this.#extensionProfile = readUint16(this.bytes, block);
    this.#elementsOffset = block + 4;
  }

  #findOneByte(id: number): boolean {
    const { bytes, headerLength: end } = this;
    let offset = this.#elementsOffset;
    while (offset < end) {
      const head = bytes[offset++];
      if (head === 0) continue;
      const elementId = head >> 4;
      // Id 0 with a length ends the block like id 15 (RFC 8285 §4.2).
      if (elementId === 0 || elementId === ONE_BYTE_STOP_ID) return false;
      const length = (head & 0x0f) + 1;
      if (offset + length > end) return false;
      if (elementId === id) return this.#found(offset, length);
      offset += length;
    }
    return false;
  }

  #findTwoByte(id: number): boolean {
    const { bytes, headerLength: end } = this;
    let offset = this.#elementsOffset;
    while (offset < end) {
      const elementId = bytes[offset++];
      if (elementId === 0) continue;
      if (offset >= end) return false;
      const length = bytes[offset++];
      if (offset + length > end) return false;
      if (elementId === id) return this.#found(offset, length);
      offset += length;
    }
    return false;
  }

  #found(offset: number, length: number): true {
    this.extensionOffset = offset;
    this.extensionLength = length;
    return true;
  }
}

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
