/** Counts the packets of one RTP stream by their sequence numbers, which SRTP does not encrypt. It needs no keys and allocates nothing. */
import { type Seq16, SequenceUnwrapper } from '@causeway/wire';

/** How far behind the newest packet a late one may be and still be distinguished from a duplicate. */
const HISTORY_PACKETS = 1024;
const NEVER_SEEN = Number.NEGATIVE_INFINITY;

export interface PacketCounts {
  /** Each sequence number once. */
  readonly unique: number;
  readonly duplicates: number;
  /** Sequence numbers before the newest one that have not arrived, or not yet. */
  readonly missing: number;
}

export class PacketTally {
  readonly #unwrapper = new SequenceUnwrapper();
  readonly #seen = new Float64Array(HISTORY_PACKETS).fill(NEVER_SEEN);
  #lowest = Number.POSITIVE_INFINITY;
  #unique = 0;
  #duplicates = 0;

  /** Counts a packet that was just received, unless it is too late to be distinguished from a duplicate. */
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

const POLL_MS = 20;
/** After this long without a new packet, the missing ones will not arrive. */
const SILENCE_MS = 400;

/**
 * Waits until nothing is outstanding, or until the outstanding number no longer decreases.
 *
 * @param outstanding how many packets have not arrived yet
 */
export async function drain(outstanding: () => number | Promise<number>, sleep: (ms: number) => Promise<unknown>): Promise<void> {
  let left = await outstanding();
  let silentMs = 0;
  while (left > 0 && silentMs < SILENCE_MS) {
    await sleep(POLL_MS);
    const now = await outstanding();
    silentMs = now < left ? 0 : silentMs + POLL_MS;
    left = now;
  }
}

/**
 * The sample that the given share of all samples does not exceed (nearest rank).
 *
 * @param share 0 … 1
 * @throws RangeError – when there are no samples
 */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const value = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1];
  if (value === undefined) throw new RangeError('No samples were taken');
  return value;
}
