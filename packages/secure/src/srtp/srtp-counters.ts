/** Packets that could not be protected, by cause. One object per suite, counting up. */
export interface SrtpCounters {
  /** Sent on a stream that has no keys yet, or none any more. */
  notKeyed: number;
  /** Lengths that do not fit their slot or each other, an index out of range: a fault of the caller. */
  malformed: number;
  /** An index that was used for another payload, or may have been. */
  indexReused: number;
}

export function createSrtpCounters(): SrtpCounters {
  return { notKeyed: 0, malformed: 0, indexReused: 0 };
}
