/**
 * Enforces the rule that counter mode depends on: one (key, SSRC, index) never encrypts two different payloads.
 * Remembers a checksum of each recent index's payload, to distinguish a retransmission from a second use of its
 * keystream.
 */

import type { AuthenticationKey } from './authentication-key.ts';

/**
 * How far back a packet may be retransmitted initially: two seconds at 5 Mbit/s, which is as long as packets are kept. Older indices are
 * refused, because their payloads are no longer known.
 */
const USUALLY_REMEMBERED = 1_024;
/** How far back a stream reaches once an older packet was requested. */
const MOST_REMEMBERED = 2_048;
/** After the key's ten words, at the next cache line. */
const FIRST_SLOT = 16;

export class SentLedger {
  /**
   * The key's words, followed by one word for each recent index, at its low bits: 0 if it was not sent, otherwise the payload's checksum.
   * Created with the first packet. Key and checksums share an array because each packet needs both, and would otherwise fetch two.
   */
  #words: Int32Array | undefined;
  #highest: number;
  /** Indices up to this one are refused regardless of the window. */
  #floor: number;
  #key: AuthenticationKey | undefined;

  /** @param floor the highest index already used under this key and SSRC, -1 if there is none */
  constructor(floor: number) {
    this.#floor = floor;
    this.#highest = floor;
  }

  /** Sets the key that packets are authenticated with, if the profile has one. */
  set authenticationKey(key: AuthenticationKey) {
    this.#key = key;
    this.#words?.set(key);
  }

  get authenticationKey(): AuthenticationKey {
    this.#words ??= this.#makeWords();
    return this.#words;
  }

  prefetch(): number {
    const words = this.#words;
    return words === undefined ? 0 : words[0] ^ words[slotOf(words, this.#highest + 1)];
  }

  /** The highest index used so far, -1 if there is none. */
  get highest(): number {
    return this.#highest;
  }

  /**
   * Records that `index` carries a payload with this checksum.
   *
   * @returns false if it carried, or may have carried, a different one: the packet must not be sent
   */
  admit(index: number, checksum: number): boolean {
    this.#words ??= this.#makeWords();
    const words = this.#words;
    const slot = slotOf(words, index);
    const mark = checksum === 0 ? 1 : checksum | 0;
    if (index > this.#highest) {
      this.#forgetBetween(words, index);
      this.#highest = index;
      words[slot] = mark;
      return true;
    }
    if (index <= this.#floor) return false;
    if (index <= this.#highest - rememberedBy(words)) {
      if (words.length < FIRST_SLOT + MOST_REMEMBERED) this.#rememberMore(words);
      return false;
    }
    if (words[slot] === 0) words[slot] = mark;
    return words[slot] === mark;
  }

  #makeWords(): Int32Array {
    const words = new Int32Array(FIRST_SLOT + USUALLY_REMEMBERED);
    if (this.#key !== undefined) words.set(this.#key);
    return words;
  }

  /** Doubles the range that is remembered. Indices that are already forgotten stay refused. */
  #rememberMore(before: Int32Array): void {
    const words = new Int32Array(FIRST_SLOT + MOST_REMEMBERED);
    words.set(before.subarray(0, FIRST_SLOT));
    this.#floor = Math.max(this.#floor, this.#highest - rememberedBy(before));
    for (let index = this.#floor + 1; index <= this.#highest; index++) words[slotOf(words, index)] = before[slotOf(before, index)];
    this.#words = words;
  }

  #forgetBetween(words: Int32Array, index: number): void {
    const skipped = index - this.#highest - 1;
    if (skipped >= rememberedBy(words)) {
      words.fill(0, FIRST_SLOT);
      return;
    }
    for (let i = 1; i <= skipped; i++) words[slotOf(words, index - i)] = 0;
  }
}

/** How many packets back the words reach, a power of two. */
function rememberedBy(words: Int32Array): number {
  return words.length - FIRST_SLOT;
}

/** Also correct for 48-bit indices, since bit operations take a number modulo 2^32. */
function slotOf(words: Int32Array, index: number): number {
  return FIRST_SLOT + (index & (words.length - FIRST_SLOT - 1));
}
