/**
 * CRC-32 as of ISO 3309 (polynomial 0x04C11DB7, reflected), for FINGERPRINT. Four bits at a time: the table fits a cache line
 * and stands here as a literal; a STUN message has a hundred bytes.
 *
 * @see RFC 8489 §14.7
 */

/** Remainders of the sixteen four-bit values. */
const NIBBLE_REMAINDERS = [
  0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8,
  0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
];

/** The CRC of the first `length` bytes, as an unsigned 32-bit number. */
export function crc32(bytes: Uint8Array, length: number): number {
  let crc = 0xffffffff;
  for (let i = 0; i < length; i++) {
    crc ^= bytes[i];
    crc = (crc >>> 4) ^ NIBBLE_REMAINDERS[crc & 0x0f];
    crc = (crc >>> 4) ^ NIBBLE_REMAINDERS[crc & 0x0f];
  }
  return ~crc >>> 0;
}
