/**
 * Limits how many bytes of data channels one peer can make the SFU decrypt. Packets over the limit are dropped before any cryptography.
 * SCTP then retransmits them and slows down, as it would on a narrower path.
 */
import { TokenBucket } from '../token-bucket.ts';

/** 2 Gbit/s, more than one thread can carry. */
export const LINK_DATA_BYTES_PER_SECOND = 250_000_000;
/** How much a client may send at once after it was held up. */
const BURST_MS = 500;
/** A short record takes nearly as long to decrypt as one of this size, so there can be 40,000 records per second at most. */
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
