/** Records which of the latest packet indices of one SSRC were received. @see RFC 3711 §3.3.2 */

/** How far behind the newest packet a packet may arrive, unless the owner says otherwise. */
export const REPLAY_WINDOW_PACKETS = 1_024;

export class ReplayWindow {
  readonly #seen: Uint32Array;
  readonly #packets: number;
  #highest: number;

  /**
   * @param floor indices up to this one count as received
   * @param packets how far behind the newest packet a packet may arrive; a power of two from 32 on
   */
  constructor(floor = -1, packets = REPLAY_WINDOW_PACKETS) {
    this.#packets = packets;
    this.#seen = new Uint32Array(packets / 32);
    this.#highest = floor;
    if (floor >= 0) this.#seen.fill(0xffff_ffff);
  }

  /** The highest index received; -1 before the first packet. */
  get highest(): number {
    return this.#highest;
  }

  /** Whether the index was received before, or is too old to tell. */
  isReplay(index: number): boolean {
    if (index > this.#highest) return false;
    if (index <= this.#highest - this.#packets) return true;
    const slot = index & (this.#packets - 1);
    return (this.#seen[slot >>> 5] & (1 << (slot & 31))) !== 0;
  }

  /** Marks an index as received. Call it only for authentic packets. */
  accept(index: number): void {
    if (index > this.#highest) this.#advanceTo(index);
    const slot = index & (this.#packets - 1);
    this.#seen[slot >>> 5] |= 1 << (slot & 31);
  }

  #advanceTo(index: number): void {
    const skipped = index - this.#highest - 1;
    if (skipped >= this.#packets) {
      this.#seen.fill(0);
    } else {
      for (let i = 0; i <= skipped; i++) {
        const slot = (index - i) & (this.#packets - 1);
        this.#seen[slot >>> 5] &= ~(1 << (slot & 31));
      }
    }
    this.#highest = index;
  }
}
