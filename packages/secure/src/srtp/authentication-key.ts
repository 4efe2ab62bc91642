/**
 * An HMAC-SHA1 key as the two SHA-1 states that follow from it, so that authenticating a packet does not have to hash the key.
 *
 * @see RFC 2104 §4
 */
import type { SrtpMemory } from './srtp-memory.ts';

/** The first ten words are the state after the inner pad and the state after the outer pad, in the layout of a kernel job. */
export type AuthenticationKey = Int32Array;

/** Length of the tag of HMAC-SHA1-80. */
export const HMAC_TAG_LENGTH = 10;

export const SHA1_INITIAL_STATE = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476, 0xc3d2e1f0 | 0];
export const SHA1_BLOCK_BYTES = 64;
export const STATE_WORDS = 5;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/** @param key at most 64 bytes */
export function createAuthenticationKey(memory: SrtpMemory, key: Uint8Array): AuthenticationKey {
  const states = new Int32Array(2 * STATE_WORDS);
  writeAuthenticationStates(memory, key, states);
  return states;
}

/** @param key at most 64 bytes */
export function writeAuthenticationStates(memory: SrtpMemory, key: Uint8Array, states: Int32Array): void {
  writeStateAfterPad(memory, key, INNER_PAD, states, 0);
  writeStateAfterPad(memory, key, OUTER_PAD, states, STATE_WORDS);
}

function writeStateAfterPad(memory: SrtpMemory, key: Uint8Array, pad: number, states: Int32Array, at: number): void {
  const { bytes, words, kernel, counterBlocksAt: block } = memory;
  const stateAt = kernel.singleState() / 4;
  for (let i = 0; i < SHA1_BLOCK_BYTES; i++) bytes[block + i] = (i < key.length ? key[i] : 0) ^ pad;
  words.set(SHA1_INITIAL_STATE, stateAt);
  kernel.compressSingle(block);
  bytes.fill(0, block, block + SHA1_BLOCK_BYTES);
  for (let word = 0; word < STATE_WORDS; word++) states[at + word] = words[stateAt + word];
}
