/**
 * The congestion window: slow start, congestion avoidance, and one reduction for each round trip with losses.
 *
 * @see RFC 9260 §7.2, RFC 6928 (the initial window), RFC 3465 §2.2 (two packets of growth for each acknowledgement in slow start)
 */
const INITIAL_PACKETS = 10;
const MIN_PACKETS_AFTER_LOSS = 4;
const SLOW_START_PACKETS_PER_ACK = 2;
/** The smallest share of the window that one delay leaves; the delay may be caused by others. */
const MIN_SHARE_FOR_DELAY = 0.7;

export class CongestionWindow {
  readonly #packetBytes: number;
  #bytes: number;
  #slowStartThreshold = Number.POSITIVE_INFINITY;
  #partialBytesAcked = 0;

  /** @param packetBytes capacity of a full packet */
  constructor(packetBytes: number) {
    this.#packetBytes = packetBytes;
    this.#bytes = INITIAL_PACKETS * packetBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Grows the window. Called when the cumulative TSN has advanced, outside of recovery, while the window was fully used. */
  grow(ackedBytes: number): void {
    if (this.#bytes <= this.#slowStartThreshold) {
      this.#bytes += Math.min(ackedBytes, SLOW_START_PACKETS_PER_ACK * this.#packetBytes);
      return;
    }
    this.#partialBytesAcked += ackedBytes;
    if (this.#partialBytesAcked < this.#bytes) return;
    this.#partialBytesAcked -= this.#bytes;
    this.#bytes += this.#packetBytes;
  }

  reduceAfterLoss(): void {
    this.#slowStartThreshold = Math.max(this.#bytes / 2, MIN_PACKETS_AFTER_LOSS * this.#packetBytes);
    this.#bytes = this.#slowStartThreshold;
    this.#partialBytesAcked = 0;
  }

  reduceAfterTimeout(): void {
    this.reduceAfterLoss();
    this.#bytes = this.#packetBytes;
  }

  /** Ends slow start, because packets wait in a queue: the window is large enough. */
  endSlowStart(): void {
    this.#slowStartThreshold = Math.min(this.#slowStartThreshold, this.#bytes);
  }

  /** Reduces the window because packets wait too long. @param share of the window that remains */
  reduceForDelay(share: number): void {
    this.#bytes = Math.max(this.#bytes * Math.max(share, MIN_SHARE_FOR_DELAY), INITIAL_PACKETS * this.#packetBytes);
    this.#slowStartThreshold = this.#bytes;
    this.#partialBytesAcked = 0;
  }

  /**
   * Limits the window after nothing was sent for an RTO. What the path carried before may no longer hold, and the whole window would be
   * sent in one burst.
   */
  restartAfterIdle(): void {
    this.#bytes = Math.min(this.#bytes, INITIAL_PACKETS * this.#packetBytes);
  }
}
