/**
 * HMAC-SHA1 of STUN messages and SCTP cookies by the kernel. `node:crypto` makes an object with a finalizer for every digest, and on a node
 * with a thousand idle sessions collecting those objects cost more than everything else that their checks cause.
 *
 * @see RFC 2104, RFC 3174
 */
import type { HmacSha1 } from '@causeway/wire';
import { SHA1_BLOCK_BYTES, SHA1_INITIAL_STATE, STATE_WORDS, writeAuthenticationStates } from './authentication.ts';
import type { SrtpMemory } from './srtp-memory.ts';

const DIGEST_BYTES = 20;
const END_OF_MESSAGE = 0x80;
const LENGTH_AT = SHA1_BLOCK_BYTES - 8;
const TWO_TO_29 = 2 ** 29;

/** Uses the memory only within a call. The digests are the caller's. */
export function createHmacSha1(memory: SrtpMemory): HmacSha1 {
  const states = new Int32Array(2 * STATE_WORDS);
  const [inner, outer] = [states.subarray(0, STATE_WORDS), states.subarray(STATE_WORDS)];
  return (key, data) => {
    writeAuthenticationStates(memory, key.length > SHA1_BLOCK_BYTES ? finishSha1(memory, SHA1_INITIAL_STATE, 0, key) : key, states);
    const innerDigest = finishSha1(memory, inner, SHA1_BLOCK_BYTES, data);
    return finishSha1(memory, outer, SHA1_BLOCK_BYTES, innerDigest);
  };
}

/**
 * Hashes the end of a message.
 *
 * @param state after `hashedBytes` bytes, a multiple of the block length
 */
function finishSha1(
  { bytes, words, view, kernel, counterBlocksAt: block }: SrtpMemory,
  state: ArrayLike<number>,
  hashedBytes: number,
  data: Uint8Array,
): Uint8Array {
  const stateAt = kernel.singleState();
  words.set(state, stateAt / 4);
  let at = 0;
  for (; at + SHA1_BLOCK_BYTES <= data.length; at += SHA1_BLOCK_BYTES) {
    for (let i = 0; i < SHA1_BLOCK_BYTES; i++) bytes[block + i] = data[at + i];
    kernel.compressSingle(block);
  }
  let length = data.length - at;
  for (let i = 0; i < length; i++) bytes[block + i] = data[at + i];
  bytes[block + length++] = END_OF_MESSAGE;
  if (length > LENGTH_AT) {
    bytes.fill(0, block + length, block + SHA1_BLOCK_BYTES);
    kernel.compressSingle(block);
    length = 0;
  }
  bytes.fill(0, block + length, block + LENGTH_AT);
  const totalBytes = hashedBytes + data.length;
  view.setUint32(block + LENGTH_AT, totalBytes / TWO_TO_29);
  view.setUint32(block + LENGTH_AT + 4, totalBytes << 3);
  kernel.compressSingle(block);
  const digest = new Uint8Array(DIGEST_BYTES);
  for (let word = 0; word < STATE_WORDS; word++) {
    const value = words[stateAt / 4 + word];
    digest[4 * word] = value >>> 24;
    digest[4 * word + 1] = value >>> 16;
    digest[4 * word + 2] = value >>> 8;
    digest[4 * word + 3] = value;
  }
  return digest;
}
