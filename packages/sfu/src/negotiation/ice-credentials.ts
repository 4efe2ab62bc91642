/**
 * ICE credentials of a session. The ufrag begins with the number of the shard that owns the session, so that any shard
 * that receives the first packet can pass it on without a shared table.
 *
 * @see RFC 8839 §5.4 (characters), RFC 8445 §5.3 (entropy)
 */

import type { IceCredentials } from '@causeway/media';
import { invariant } from '../invariant.ts';
import type { RandomSource } from './state.ts';

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
const SHARD_DIGITS = 2;
/** 64 unguessable bits; RFC 8445 asks for 24. */
const UFRAG_RANDOM_BYTES = 8;
/** 144 unguessable bits; RFC 8445 asks for 128. */
const PASSWORD_RANDOM_BYTES = 18;

/** The most shards that a node can have. */
export const MAX_SHARDS = BASE32.length ** SHARD_DIGITS;

export function createIceCredentials(shardNo: number, random: RandomSource): IceCredentials {
  invariant(Number.isInteger(shardNo) && shardNo >= 0 && shardNo < MAX_SHARDS, `shard numbers are below ${MAX_SHARDS}`);
  return {
    ufrag: shardPrefix(shardNo) + base32(random.bytes(UFRAG_RANDOM_BYTES)),
    password: base32(random.bytes(PASSWORD_RANDOM_BYTES)),
  };
}

/** @returns undefined if the text cannot be a ufrag of this SFU */
export function shardNoOf(ufrag: string): number | undefined {
  const digits = [...ufrag.slice(0, SHARD_DIGITS)].map((digit) => BASE32.indexOf(digit));
  if (digits.length < SHARD_DIGITS || digits.includes(-1)) return undefined;
  return digits.reduce((number, digit) => number * BASE32.length + digit, 0);
}

function shardPrefix(shardNo: number): string {
  return `${BASE32.charAt(Math.floor(shardNo / BASE32.length))}${BASE32.charAt(shardNo % BASE32.length)}`;
}

/** Encodes five bits per character; the last one is padded with zeros. */
function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let bitCount = 0;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    bitCount += 8;
    while (bitCount >= 5) {
      bitCount -= 5;
      text += BASE32.charAt((bits >>> bitCount) & 31);
    }
    bits &= (1 << bitCount) - 1;
  }
  return bitCount === 0 ? text : text + BASE32.charAt((bits << (5 - bitCount)) & 31);
}
