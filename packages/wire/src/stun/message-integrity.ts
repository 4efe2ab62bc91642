/**
 * The two attributes that end a STUN message: MESSAGE-INTEGRITY proves that its sender knows the password, and the CRC
 * of FINGERPRINT distinguishes STUN from other protocols.
 *
 * @see RFC 8489 §14.5, §14.7
 */
import { readUint16, writeUint16 } from '../numbers.ts';
import { ATTRIBUTE_HEADER_LENGTH, type HmacSha1, MESSAGE_INTEGRITY_LENGTH, STUN_HEADER_LENGTH } from './stun-attributes.ts';

/** Where the length of the attributes is in the header (RFC 8489 §5). */
const LENGTH_OFFSET = 2;

/** A STUN message that may contain MESSAGE-INTEGRITY. */
export interface SignedMessage {
  readonly bytes: Uint8Array;
  /** Offset of the attribute; undefined if there is none. */
  readonly integrityOffset: number | undefined;
}

/**
 * Verifies the message's MESSAGE-INTEGRITY with `key`, in constant time.
 *
 * @param key in ICE, the bytes of the receiver's password (of the sender's own, in a response)
 * @returns false also for a message without the attribute
 */
export function verifyMessageIntegrity(message: SignedMessage, key: Uint8Array, hmacSha1: HmacSha1): boolean {
  const { bytes, integrityOffset } = message;
  if (integrityOffset === undefined) return false;
  const expected = messageIntegrity(bytes, integrityOffset, key, hmacSha1);
  const value = integrityOffset + ATTRIBUTE_HEADER_LENGTH;
  let difference = 0;
  for (let i = 0; i < MESSAGE_INTEGRITY_LENGTH; i++) difference |= expected[i] ^ bytes[value + i];
  return difference === 0;
}

/**
 * Returns the value of a MESSAGE-INTEGRITY at `offset`. It covers everything before it, with a length field that
 * includes the attribute.
 */
export function messageIntegrity(bytes: Uint8Array, offset: number, key: Uint8Array, hmacSha1: HmacSha1): Uint8Array {
  const messageLength = readUint16(bytes, LENGTH_OFFSET);
  // The message gets that length for as long as it is hashed, since a copy of it would be one more object to collect.
  writeUint16(bytes, LENGTH_OFFSET, offset + ATTRIBUTE_HEADER_LENGTH + MESSAGE_INTEGRITY_LENGTH - STUN_HEADER_LENGTH);
  const value = hmacSha1(key, bytes.subarray(0, offset));
  writeUint16(bytes, LENGTH_OFFSET, messageLength);
  return value;
}

/** CRC-32 remainders of the sixteen four-bit values. The table fits a cache line, and a STUN message has only about a hundred bytes. */
const NIBBLE_REMAINDERS = [
  0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8,
  0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
];

/** Computes the CRC-32 of ISO 3309 (polynomial 0x04C11DB7, reflected) of the first `length` bytes, as an unsigned 32-bit number. */
export function crc32(bytes: Uint8Array, length: number): number {
  let crc = 0xffffffff;
  for (let i = 0; i < length; i++) {
    crc ^= bytes[i];
    crc = (crc >>> 4) ^ NIBBLE_REMAINDERS[crc & 0x0f];
    crc = (crc >>> 4) ^ NIBBLE_REMAINDERS[crc & 0x0f];
  }
  return ~crc >>> 0;
}
