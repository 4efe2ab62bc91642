/**
 * The packets that a receive stream waits for, as parallel columns sorted by sequence number. Rows are only added at the end, because every
 * gap is revealed by a packet that is newer than all others.
 */
const INITIAL_CAPACITY = 32;

export class MissingPackets {
  /** Rows `0 … count-1` of the columns are in use. */
  count = 0;
  seq!: Float64Array;
  /** When the gap was revealed. */
  missedAtMs!: Float64Array;
  /** How many packets newer than all before them had arrived by then, including the one that revealed the gap. */
  missedAtArrival!: Float64Array;
  /** When the packet is to be requested next. */
  dueAtMs!: Float64Array;
  /** When it was last requested; only valid if `tries` is not 0. */
  askedAtMs!: Float64Array;
  tries!: Uint8Array;

  constructor() {
    this.#allocate(INITIAL_CAPACITY);
  }

  add(seq: number, missedAtMs: number, missedAtArrival: number, dueAtMs: number): void {
    if (this.count === this.seq.length) this.#grow();
    const row = this.count++;
    this.seq[row] = seq;
    this.missedAtMs[row] = missedAtMs;
    this.missedAtArrival[row] = missedAtArrival;
    this.dueAtMs[row] = dueAtMs;
    this.tries[row] = 0;
  }

  /** @returns -1 if the packet is not missing */
  rowOf(seq: number): number {
    const row = this.#firstRowFrom(seq);
    return row < this.count && this.seq[row] === seq ? row : -1;
  }

  remove(row: number): void {
    this.#moveRows(row + 1, row);
  }

  /** Removes the packets with lower sequence numbers. */
  removeBefore(seq: number): void {
    this.#moveRows(this.#firstRowFrom(seq), 0);
  }

  #firstRowFrom(seq: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.seq[middle] < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Moves the rows from `from` to the last so that they start at `to`. The rows in between are overwritten. */
  #moveRows(from: number, to: number): void {
    if (from === to) return;
    this.seq.copyWithin(to, from, this.count);
    this.missedAtMs.copyWithin(to, from, this.count);
    this.missedAtArrival.copyWithin(to, from, this.count);
    this.dueAtMs.copyWithin(to, from, this.count);
    this.askedAtMs.copyWithin(to, from, this.count);
    this.tries.copyWithin(to, from, this.count);
    this.count -= from - to;
  }

  #allocate(capacity: number): void {
    this.seq = new Float64Array(capacity);
    this.missedAtMs = new Float64Array(capacity);
    this.missedAtArrival = new Float64Array(capacity);
    this.dueAtMs = new Float64Array(capacity);
    this.askedAtMs = new Float64Array(capacity);
    this.tries = new Uint8Array(capacity);
  }

  #grow(): void {
    const { seq, missedAtMs, missedAtArrival, dueAtMs, askedAtMs, tries } = this;
    this.#allocate(seq.length * 2);
    this.seq.set(seq);
    this.missedAtMs.set(missedAtMs);
    this.missedAtArrival.set(missedAtArrival);
    this.dueAtMs.set(dueAtMs);
    this.askedAtMs.set(askedAtMs);
    this.tries.set(tries);
  }
}
