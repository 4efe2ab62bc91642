/** Counts the packets of one RTP stream by their sequence numbers, which SRTP leaves in clear: no keys, no allocation. */
import { type Seq16, SequenceUnwrapper } from '@causeway/wire';

/** How far behind the newest packet a late one may be and still be told from a duplicate. */
const HISTORY_PACKETS = 1024;
const NEVER_SEEN = Number.NEGATIVE_INFINITY;

export interface PacketCounts {
  /** Each sequence number once. */
  readonly unique: number;
  readonly duplicates: number;
  /** Sequence numbers that newer packets have overtaken and that did not come, or not yet. */
  readonly missing: number;
}

export class PacketTally {
  readonly #unwrapper = new SequenceUnwrapper();
  readonly #seen = new Float64Array(HISTORY_PACKETS).fill(NEVER_SEEN);
  #lowest = Number.POSITIVE_INFINITY;
  #unique = 0;
  #duplicates = 0;

  /** Takes the sequence number of a packet just received. One too late to be told from a duplicate is not counted at all. */
  add(sequenceNumber: Seq16): void {
    const seq = this.#unwrapper.unwrap(sequenceNumber);
    if (seq <= (this.#unwrapper.highest ?? seq) - HISTORY_PACKETS) return;
    // The first packets may overtake one another below zero; a multiple of the length keeps the index positive.
    const cell = (seq + 0x10000) % HISTORY_PACKETS;
    if (this.#seen[cell] === seq) {
      this.#duplicates++;
      return;
    }
    this.#seen[cell] = seq;
    this.#unique++;
    if (seq < this.#lowest) this.#lowest = seq;
  }

  counts(): PacketCounts {
    const highest = this.#unwrapper.highest;
    const expected = highest === undefined ? 0 : highest - this.#lowest + 1;
    return { unique: this.#unique, duplicates: this.#duplicates, missing: expected - this.#unique };
  }
}
