/**
 * The congestion window: slow start, congestion avoidance, and one reduction for each round trip with losses.
 *
 * @see RFC 9260 §7.2, RFC 6928 (the initial window), RFC 3465 §2.2 (two packets of growth for each acknowledgement in slow start)
 */
const INITIAL_PACKETS = 10;
const MIN_PACKETS_AFTER_LOSS = 4;
const SLOW_START_PACKETS_PER_ACK = 2;
/** One reduction for delay leaves at least this share of the window, because other traffic may have caused the delay. */
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

/**
 * Limits the bytes in flight while losses are repaired. For about every two bytes that arrive, one is sent, either lost or new data, so
 * that acknowledgements keep coming. If the sender waited until the flight had shrunk to the reduced window, acknowledgements could stop
 * where the end of a burst is lost. Nothing behind it would reveal that loss, and only the timeout would help.
 *
 * @see RFC 6937 (proportional rate reduction with the slow start reduction bound)
 */
export class ProportionalReduction {
  readonly #packetBytes: number;
  /** Bytes in flight when the first loss was detected. */
  #flightAtLossBytes = 0;
  #windowBytes = 0;
  #arrivedBytes = 0;
  #sentBytes = 0;
  /** How many bytes may be in flight now. */
  limitBytes = 0;

  /** @param packetBytes capacity of a full packet */
  constructor(packetBytes: number) {
    this.#packetBytes = packetBytes;
  }

  /** Starts a recovery. @param windowBytes the reduced window */
  begin(flightBytes: number, windowBytes: number): void {
    this.#flightAtLossBytes = Math.max(flightBytes, this.#packetBytes);
    this.#windowBytes = windowBytes;
    this.#arrivedBytes = 0;
    this.#sentBytes = 0;
    // The lost packet is retransmitted at once.
    this.limitBytes = flightBytes + this.#packetBytes;
  }

  noteSent(sizeBytes: number): void {
    this.#sentBytes += sizeBytes;
  }

  /** @param arrivedBytes newly acknowledged bytes @param flightBytes bytes in flight after that */
  noteArrived(arrivedBytes: number, flightBytes: number): void {
    this.#arrivedBytes += arrivedBytes;
    this.limitBytes = flightBytes + Math.max(0, this.#allowance(arrivedBytes, flightBytes));
  }

  #allowance(arrivedBytes: number, flightBytes: number): number {
    if (flightBytes > this.#windowBytes) {
      return (this.#arrivedBytes * this.#windowBytes) / this.#flightAtLossBytes - this.#sentBytes;
    }
    const behindBytes = Math.max(this.#arrivedBytes - this.#sentBytes, arrivedBytes) + this.#packetBytes;
    return Math.min(this.#windowBytes - flightBytes, behindBytes);
  }
}

/** The minimum is taken over this interval and the one before. After that, a path that has become longer is recognised as such. */
const BASE_INTERVAL_MS = 20_000;
/** Rounds are no shorter than the precision of timers and event loop. */
const MIN_ROUND_MS = 10;
/** This many measurements are enough to judge a round. A single one is not, because the peer may have delayed its answer. */
const ENOUGH_MEASUREMENTS = 8;

/**
 * Estimates how long packets wait in a queue on the path, from the round-trip time in excess of its minimum. A window that grows until
 * packets are lost fills that queue, however long it is, and delays everything else on the path.
 *
 * @see RFC 6817 (LEDBAT), which limits the delay caused by bulk transfers in the same way
 */
export class QueueingDelay {
  #baseMs = Number.POSITIVE_INFINITY;
  #nextBaseMs = Number.POSITIVE_INFINITY;
  #baseUntilMs = Number.NEGATIVE_INFINITY;
  #roundMinMs = Number.POSITIVE_INFINITY;
  #roundUntilMs = Number.NEGATIVE_INFINITY;
  #measurements = 0;

  /** The shortest round trip known; Infinity before the first measurement. */
  get baseMs(): number {
    return Math.min(this.#baseMs, this.#nextBaseMs);
  }

  /**
   * Takes a measurement.
   *
   * @returns the smallest delay of a round in ms, once for each round as soon as it is known; otherwise undefined
   */
  note(nowMs: number, rttMs: number): number | undefined {
    if (nowMs >= this.#baseUntilMs) {
      this.#baseMs = this.#nextBaseMs;
      this.#nextBaseMs = Number.POSITIVE_INFINITY;
      this.#baseUntilMs = nowMs + BASE_INTERVAL_MS;
    }
    this.#nextBaseMs = Math.min(this.#nextBaseMs, rttMs);
    if (nowMs >= this.#roundUntilMs) {
      // A round with few measurements is judged when it ends.
      const isUnjudged = this.#measurements > 0 && this.#measurements < ENOUGH_MEASUREMENTS;
      const delayMs = isUnjudged ? this.#roundMinMs - this.baseMs : undefined;
      this.#roundUntilMs = nowMs + Math.max(rttMs, MIN_ROUND_MS);
      this.#roundMinMs = rttMs;
      this.#measurements = 1;
      return delayMs;
    }
    this.#roundMinMs = Math.min(this.#roundMinMs, rttMs);
    return ++this.#measurements === ENOUGH_MEASUREMENTS ? this.#roundMinMs - this.baseMs : undefined;
  }
}
