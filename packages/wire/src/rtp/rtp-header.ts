/**
 * The little of an RTP header that may be looked at before the packet is authenticated: constant work, whatever the bytes say.
 *
 * @see RFC 3550 §5.1, §5.3.1
 */
import { readUint16, readUint32 } from '../big-endian.ts';
import { type Seq16, toSeq16 } from '../sequence.ts';

/** Length of the fixed header: everything up to the CSRC list. */
export const RTP_FIXED_HEADER_LENGTH = 12;

const RTP_VERSION = 2;
const EXTENSION_BIT = 0x10;

/**
 * Length of fixed header, CSRC list and extension block: what SRTP leaves in clear, and where the payload starts.
 *
 * @param length how many bytes of `packet` belong to the packet (with its SRTP tag, if it is still protected)
 * @returns -1 if shorter than 12 bytes, not version 2, or if one of the three runs past `length`
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

/** The SSRC of a packet that is known to have at least 12 bytes. */
export function peekRtpSsrc(packet: Uint8Array): number {
  return readUint32(packet, 8);
}

/** The sequence number of a packet that is known to have at least 12 bytes. */
export function peekRtpSeq(packet: Uint8Array): Seq16 {
  return toSeq16(readUint16(packet, 2));
}

/** The timestamp of a packet that is known to have at least 12 bytes. */
export function peekRtpTimestamp(packet: Uint8Array): number {
  return readUint32(packet, 4);
}
