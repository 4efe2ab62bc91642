/** Records which of the latest packet indices of one SSRC were received. @see RFC 3711 §3.3.2 */

/** How far behind the newest packet a packet may arrive. */
export const REPLAY_WINDOW_PACKETS = 1_024;

const SLOT_MASK = REPLAY_WINDOW_PACKETS - 1;

export class ReplayWindow {
  readonly #seen = new Uint32Array(REPLAY_WINDOW_PACKETS / 32);
  #highest: number;

  /** @param floor indices up to this one count as received */
  constructor(floor = -1) {
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
    if (index <= this.#highest - REPLAY_WINDOW_PACKETS) return true;
    const slot = index & SLOT_MASK;
    return (this.#seen[slot >>> 5] & (1 << (slot & 31))) !== 0;
  }

  /** Marks an index as received. Call it only for authentic packets. */
  accept(index: number): void {
    if (index > this.#highest) this.#advanceTo(index);
    const slot = index & SLOT_MASK;
    this.#seen[slot >>> 5] |= 1 << (slot & 31);
  }

  #advanceTo(index: number): void {
    const skipped = index - this.#highest - 1;
    if (skipped >= REPLAY_WINDOW_PACKETS) {
      this.#seen.fill(0);
    } else {
      for (let i = 0; i <= skipped; i++) {
        const slot = (index - i) & SLOT_MASK;
        this.#seen[slot >>> 5] &= ~(1 << (slot & 31));
      }
    }
    this.#highest = index;
  }
}
