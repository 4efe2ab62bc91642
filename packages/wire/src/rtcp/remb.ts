/**
 * Receiver estimated maximum bitrate: the most that a sender should send on these streams together.
 *
 * @see draft-alvestrand-rmcat-remb-03 §2.2
 */
import { readUint24, readUint32, writeUint24, writeUint32 } from '../numbers.ts';
import { FEEDBACK_HEADER_LENGTH, RTCP_PAYLOAD_FEEDBACK, writeFeedbackHeader } from './rtcp-header.ts';

/** Application layer feedback (RFC 4585 §6.4), among which REMB is distinguished by its identifier. */
export const APPLICATION_LAYER_FEEDBACK_FORMAT = 15;

/** "REMB" in ASCII. */
const IDENTIFIER = 0x52454d42;
/** Length of identifier, count, exponent and mantissa. */
const FIXED_FCI_LENGTH = 8;
const MANTISSA_BITS = 18;
const MAX_MANTISSA = 2 ** MANTISSA_BITS - 1;
const MAX_EXPONENT = 63;
const MAX_SSRCS = 255;
const NO_MEDIA_SSRC = 0;

/** The bitrate that a receiver estimates its path can carry. */
export interface Remb {
  readonly type: 'remb';
  readonly senderSsrc: number;
  /** An integer; the field keeps 18 significant bits, rounded down. A parsed value may exceed any real link. */
  readonly bitrateBps: number;
  /** At most 255; further ones are not written. */
  readonly ssrcs: readonly number[];
}

/** Parses the packet from `offset` to `end`; undefined if the identifier differs or the SSRCs extend past the end. */
export function parseRemb(bytes: Uint8Array, offset: number, end: number): Remb | undefined {
  const fciOffset = offset + FEEDBACK_HEADER_LENGTH;
  if (!isRemb(bytes, offset, end) || fciOffset + FIXED_FCI_LENGTH > end) return undefined;
  const count = bytes[fciOffset + 4];
  const ssrcsOffset = fciOffset + FIXED_FCI_LENGTH;
  if (ssrcsOffset + count * 4 > end) return undefined;
  const exponentAndMantissa = readUint24(bytes, fciOffset + 5);
  const ssrcs: number[] = [];
  for (let i = 0; i < count; i++) ssrcs.push(readUint32(bytes, ssrcsOffset + i * 4));
  return {
    type: 'remb',
    senderSsrc: readUint32(bytes, offset + 4),
    bitrateBps: (exponentAndMantissa & MAX_MANTISSA) * 2 ** (exponentAndMantissa >> MANTISSA_BITS),
    ssrcs,
  };
}

/** Whether an application layer feedback packet has the REMB identifier; others are not examined. */
export function isRemb(bytes: Uint8Array, offset: number, end: number): boolean {
  const fciOffset = offset + FEEDBACK_HEADER_LENGTH;
  return fciOffset + 4 <= end && readUint32(bytes, fciOffset) === IDENTIFIER;
}

/** @returns the offset after the packet; beyond `out.length` if there is no room */
export function writeRemb(out: Uint8Array, offset: number, remb: Omit<Remb, 'type'>): number {
  const count = Math.min(remb.ssrcs.length, MAX_SSRCS);
  let mantissa = Math.max(Math.floor(remb.bitrateBps), 0);
  let exponent = 0;
  while (mantissa > MAX_MANTISSA && exponent < MAX_EXPONENT) {
    mantissa = Math.floor(mantissa / 2);
    exponent++;
  }
  mantissa = Math.min(mantissa, MAX_MANTISSA);
  const fciLength = FIXED_FCI_LENGTH + count * 4;
  const format = APPLICATION_LAYER_FEEDBACK_FORMAT;
  let at = writeFeedbackHeader(out, offset, format, RTCP_PAYLOAD_FEEDBACK, fciLength, remb.senderSsrc, NO_MEDIA_SSRC);
  at = writeUint32(out, at, IDENTIFIER);
  out[at++] = count;
  at = writeUint24(out, at, (exponent << MANTISSA_BITS) | mantissa);
  for (let i = 0; i < count; i++) at = writeUint32(out, at, remb.ssrcs[i]);
  return at;
}
