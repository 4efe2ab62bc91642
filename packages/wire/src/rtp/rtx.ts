/**
 * Retransmission payload: the original sequence number followed by the original payload. Retransmission streams also
 * carry padding.
 *
 * @see RFC 4588 §4, RFC 3550 §5.1 (P bit)
 */
import { readUint16, type Seq16, toSeq16, writeUint16 } from '../numbers.ts';
import type { RtpView } from './rtp-packet.ts';

/** Length of the OSN field, by which the original payload is shifted in an RTX packet. */
export const RTX_OSN_LENGTH = 2;

/**
 * Returns the sequence number of the packet that this RTX packet repeats. The original payload starts `RTX_OSN_LENGTH`
 * after `view.headerLength`.
 *
 * @returns undefined if the payload is too short for it, since RTX streams also carry packets of padding alone, as
 * bandwidth probes
 */
export function rtxOriginalSeq(view: RtpView): Seq16 | undefined {
  if (view.payloadLength < RTX_OSN_LENGTH) return undefined;
  return toSeq16(readUint16(view.bytes, view.headerLength));
}

/** Starts an RTX payload. @returns the offset for the original payload */
export function writeRtxOriginalSeq(out: Uint8Array, offset: number, seq: Seq16): number {
  return writeUint16(out, offset, seq);
}

const PADDING_BIT = 0x20;
/** The last byte of a packet counts the bytes of its padding, including itself. */
export const MAX_PADDING_LENGTH = 255;

/**
 * Appends padding to a packet and sets the P bit of its header.
 *
 * @param headerOffset where the packet starts in `out`
 * @param offset where its payload ends
 * @param length 1 to 255
 * @returns the offset after the padding
 */
export function writePadding(out: Uint8Array, headerOffset: number, offset: number, length: number): number {
  const end = offset + length;
  out[headerOffset] |= PADDING_BIT;
  out.fill(0, offset, end - 1);
  out[end - 1] = length;
  return end;
}
