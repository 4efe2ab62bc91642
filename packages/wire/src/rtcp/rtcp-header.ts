/**
 * The four bytes that start every RTCP packet, and the twelve that start every feedback message.
 *
 * @see RFC 3550 §6.4.1, RFC 4585 §6.1
 */
import { readUint16, writeUint16, writeUint32 } from '../numbers.ts';

export const RTCP_SENDER_REPORT = 200;
export const RTCP_RECEIVER_REPORT = 201;
export const RTCP_SDES = 202;
export const RTCP_BYE = 203;
/** RTPFB (RFC 4585 §6.2). */
export const RTCP_TRANSPORT_FEEDBACK = 205;
/** PSFB (RFC 4585 §6.3). */
export const RTCP_PAYLOAD_FEEDBACK = 206;

export const RTCP_HEADER_LENGTH = 4;
/** Length of the header, the sender's SSRC and the media SSRC. */
export const FEEDBACK_HEADER_LENGTH = 12;
/** The maximum of the 5-bit count field: report blocks, SDES chunks, BYE sources. */
export const MAX_RTCP_COUNT = 31;

const VERSION_2 = 0x80;
const RTCP_VERSION = 2;

/**
 * @param countOrFormat the low five bits of the first byte
 * @param lengthBytes of the whole packet, a multiple of 4
 * @returns the offset after the header
 */
export function writeRtcpHeader(out: Uint8Array, offset: number, countOrFormat: number, packetType: number, lengthBytes: number): number {
  out[offset] = VERSION_2 | countOrFormat;
  out[offset + 1] = packetType;
  return writeUint16(out, offset + 2, lengthBytes / 4 - 1);
}

/** @returns the offset of the feedback control information */
export function writeFeedbackHeader(
  out: Uint8Array,
  offset: number,
  format: number,
  packetType: number,
  fciLengthBytes: number,
  senderSsrc: number,
  mediaSsrc: number,
): number {
  const afterHeader = writeRtcpHeader(out, offset, format, packetType, FEEDBACK_HEADER_LENGTH + fciLengthBytes);
  return writeUint32(out, writeUint32(out, afterHeader, senderSsrc), mediaSsrc);
}

/** Returns the end of the packet at `offset` by its length field; -1 if it is not version 2 or ends beyond `limit`. */
export function rtcpPacketEnd(bytes: Uint8Array, offset: number, limit: number): number {
  if (offset + RTCP_HEADER_LENGTH > limit || bytes[offset] >> 6 !== RTCP_VERSION) return -1;
  const end = offset + (readUint16(bytes, offset + 2) + 1) * 4;
  return end <= limit ? end : -1;
}
