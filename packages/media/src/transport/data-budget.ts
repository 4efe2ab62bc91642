/**
 * How many bytes of data channels one peer may make us decrypt. What is over it is dropped before any cryptography;
 * SCTP repeats it, and slows down as it would on a narrower path.
 */
import { TokenBucket } from '../token-bucket.ts';

/** 320 Mbit/s, which take about a third of a thread. */
export const CLIENT_DATA_BYTES_PER_SECOND = 40_000_000;
/** 2 Gbit/s: more than one thread carries. */
export const LINK_DATA_BYTES_PER_SECOND = 250_000_000;
/** What a client that was held up may send at once. */
const BURST_MS = 500;
/** A short record takes nearly as long as one of so many bytes: there are 40,000 a second at most. */
const MIN_COST_BYTES = 1_000;

export class DataBudget {
  readonly #bytes: TokenBucket;

  constructor(bytesPerSecond: number) {
    this.#bytes = new TokenBucket(bytesPerSecond, BURST_MS);
  }

  /** Takes a datagram from the budget. @returns false if it must be dropped */
  admit(nowMs: number, sizeBytes: number): boolean {
    const cost = Math.max(sizeBytes, MIN_COST_BYTES);
    if (!this.#bytes.has(nowMs, cost)) return false;
    this.#bytes.spend(cost);
    return true;
  }
}
