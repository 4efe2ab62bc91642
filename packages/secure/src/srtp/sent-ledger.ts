/**
 * Upholds the rule that counter mode stands on: one (key, SSRC, index) never encrypts two different payloads. Remembers a
 * checksum of what each recent index carried, so a retransmission is told from a second use of its keystream.
 */

/** How far back a packet may be sent again. Older indices are refused, for nobody remembers what they carried. */
const REMEMBERED_PACKETS = 2_048;
const SLOT_MASK = REMEMBERED_PACKETS - 1;

export class SentLedger {
  /** By low bits of the index: 0 when not sent, else the payload's checksum. Made with the first packet. */
  #checksums: Uint32Array | undefined;
  #highest: number;
  /** Indices up to here are refused whatever the window says. */
  readonly #floor: number;

  /** @param floor the highest index already used under this key and SSRC, -1 if none */
  constructor(floor: number) {
    this.#floor = floor;
    this.#highest = floor;
  }

  prefetch(): number {
    return this.#checksums === undefined ? 0 : this.#checksums[(this.#highest + 1) & SLOT_MASK];
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
    this.#checksums ??= new Uint32Array(REMEMBERED_PACKETS);
    const checksums = this.#checksums;
    // Right for 48-bit indices too: bit operations take a number modulo 2^32.
    const slot = index & SLOT_MASK;
    const mark = checksum === 0 ? 1 : checksum >>> 0;
    if (index > this.#highest) {
      this.#forgetBetween(checksums, index);
      this.#highest = index;
      checksums[slot] = mark;
      return true;
    }
    if (index <= this.#floor || index <= this.#highest - REMEMBERED_PACKETS) return false;
    if (checksums[slot] === 0) checksums[slot] = mark;
    return checksums[slot] === mark;
  }

  #forgetBetween(checksums: Uint32Array, index: number): void {
    const skipped = index - this.#highest - 1;
    if (skipped >= REMEMBERED_PACKETS) {
      checksums.fill(0);
      return;
    }
    for (let i = 1; i <= skipped; i++) checksums[(index - i) & SLOT_MASK] = 0;
  }
}
