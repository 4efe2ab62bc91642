/**
 * Padding behind the payload of an RTP packet, or in place of one: packets that only fill a path.
 *
 * @see RFC 3550 §5.1 (P bit)
 */

const PADDING_BIT = 0x20;
/** The last byte of a packet counts its padding, itself included. */
export const MAX_PADDING_LENGTH = 255;

/**
 * Appends padding to a packet and sets the P bit of its header.
 *
 * @param headerOffset where the packet starts in `out`
 * @param offset where its payload ends
 * @param length 1 … 255
 * @returns the offset after the padding
 */
export function writePadding(out: Uint8Array, headerOffset: number, offset: number, length: number): number {
  const end = offset + length;
  out[headerOffset] |= PADDING_BIT;
  out.fill(0, offset, end - 1);
  out[end - 1] = length;
  return end;
}
