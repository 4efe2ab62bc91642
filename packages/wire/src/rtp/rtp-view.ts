/**
 * A reusable view of one RTP packet, which locates its parts without copying or allocating.
 *
 * @see RFC 3550 §5.1 and §5.3.1, RFC 8285 §4.2 and §4.3
 */
import { readUint16, readUint32 } from '../numbers.ts';
import { type Seq16, toSeq16 } from '../sequence.ts';

/** Length of the fixed header: everything up to the CSRC list. */
export const RTP_FIXED_HEADER_LENGTH = 12;

const RTP_VERSION = 2;
const EXTENSION_BIT = 0x10;

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

const PADDING_BIT = 0x20;
/** The "defined by profile" field of the one-byte form (RFC 8285 §4.2). */
const ONE_BYTE_PROFILE = 0xbede;
/** The two-byte form is 0x1000 with four free bits (RFC 8285 §4.3). */
const TWO_BYTE_PROFILE = 0x1000;
const TWO_BYTE_PROFILE_MASK = 0xfff0;
/** Ends the parsing of the one-byte form (RFC 8285 §4.2). */
const ONE_BYTE_STOP_ID = 15;

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
  /** In ticks of the payload's clock; 32 bits, which wrap. */
  timestamp = 0;
  ssrc = 0;
  /** Length of fixed header, CSRC list and extension block, after which the payload starts. */
  headerLength = 0;
  /** Without padding; 0 for a packet of padding alone, such as a probe. */
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
