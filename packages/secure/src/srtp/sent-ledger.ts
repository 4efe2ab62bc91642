/**
 * Enforces the rule that counter mode depends on: one (key, SSRC, index) never encrypts two different payloads.
 * Remembers a checksum of each recent index's payload, to distinguish a retransmission from a second use of its
 * keystream.
 */

import type { AuthenticationKey } from './authentication-key.ts';

/** How far back a packet may be sent again. Older indices are refused, because their payloads are no longer known. */
const REMEMBERED_PACKETS = 2_048;
const SLOT_MASK = REMEMBERED_PACKETS - 1;
/** Behind the key's ten words, at the next cache line. */
const FIRST_SLOT = 16;

export class SentLedger {
  /**
   * The key's words, and then, by low bits of the index: 0 when not sent, else the payload's checksum. Made with the first packet. One
   * array for both, because a packet needs both and would have to fetch two.
   */
  #words: Int32Array | undefined;
  #highest: number;
  /** Indices up to here are refused whatever the window says. */
  readonly #floor: number;
  #key: AuthenticationKey | undefined;

  /** @param floor the highest index already used under this key and SSRC, -1 if none */
  constructor(floor: number) {
    this.#floor = floor;
    this.#highest = floor;
  }

  /** Takes the key that packets are authenticated with, where the profile has one. */
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
    return words === undefined ? 0 : words[0] ^ words[FIRST_SLOT + ((this.#highest + 1) & SLOT_MASK)];
  }

  /** The highest index used so far, -1 if none. */
  get highest(): number {
    return this.#highest;
  }

  /**
   * Notes that `index` carries a payload with this checksum.
   *
   * @returns false when it carried, or may have carried, another one: the packet must not be sent
   */
  admit(index: number, checksum: number): boolean {
    this.#words ??= this.#makeWords();
    const words = this.#words;
    // Right for 48-bit indices too: bit operations take a number modulo 2^32.
    const slot = FIRST_SLOT + (index & SLOT_MASK);
    const mark = checksum === 0 ? 1 : checksum | 0;
    if (index > this.#highest) {
      this.#forgetBetween(words, index);
      this.#highest = index;
      words[slot] = mark;
      return true;
    }
    if (index <= this.#floor || index <= this.#highest - REMEMBERED_PACKETS) return false;
    if (words[slot] === 0) words[slot] = mark;
    return words[slot] === mark;
  }

  #makeWords(): Int32Array {
    const words = new Int32Array(FIRST_SLOT + REMEMBERED_PACKETS);
    if (this.#key !== undefined) words.set(this.#key);
    return words;
  }

  #forgetBetween(words: Int32Array, index: number): void {
    const skipped = index - this.#highest - 1;
    if (skipped >= REMEMBERED_PACKETS) {
      words.fill(0, FIRST_SLOT);
      return;
    }
    for (let i = 1; i <= skipped; i++) words[FIRST_SLOT + ((index - i) & SLOT_MASK)] = 0;
  }
}
