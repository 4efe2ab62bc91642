/**
 * Whether a STUN message was written by somebody who knows the password.
 *
 * @see RFC 8489 §14.5
 */
import { writeUint16 } from '../big-endian.ts';
import { ATTRIBUTE_HEADER_LENGTH, type HmacSha1, MESSAGE_INTEGRITY_LENGTH, STUN_HEADER_LENGTH } from './stun-attributes.ts';
import type { StunMessage } from './stun-message.ts';

/**
 * Compares the message's MESSAGE-INTEGRITY with what it must be under `key`, in time that does not depend on where they differ.
 *
 * @param key for ICE the bytes of the receiver's password (the sender's own, in a response)
 * @returns false also for a message without the attribute
 */
export function verifyMessageIntegrity(message: StunMessage, key: Uint8Array, hmacSha1: HmacSha1): boolean {
  const { bytes, integrityOffset } = message;
  if (integrityOffset === undefined) return false;
  const expected = messageIntegrity(bytes, integrityOffset, key, hmacSha1);
  const value = integrityOffset + ATTRIBUTE_HEADER_LENGTH;
  let difference = 0;
  for (let i = 0; i < MESSAGE_INTEGRITY_LENGTH; i++) difference |= expected[i] ^ bytes[value + i];
  return difference === 0;
}

/** The value of a MESSAGE-INTEGRITY that starts at `offset`: of what stands before it, under a length that ends with it. */
export function messageIntegrity(bytes: Uint8Array, offset: number, key: Uint8Array, hmacSha1: HmacSha1): Uint8Array {
  // Not `slice`, which is no copy where the bytes are a Node Buffer.
  const covered = new Uint8Array(bytes.subarray(0, offset));
  writeUint16(covered, 2, offset + ATTRIBUTE_HEADER_LENGTH + MESSAGE_INTEGRITY_LENGTH - STUN_HEADER_LENGTH);
  return hmacSha1(key, covered);
}
