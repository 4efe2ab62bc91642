/**
 * What probes have shown: how fast packets left for a moment, those of media among them, and how fast they arrived.
 */

/** So much of a probe must have arrived before it says anything … */
const MIN_SHARE = 0.8;
/** … in so many packets. */
const MIN_PACKETS = 5;
/** Arriving slower than this share of how it was sent, a probe has found the limit … */
const LIMIT_FOUND_BELOW = 0.9;
/** … and a little below it there is room. */
const BELOW_LIMIT = 0.95;
/** Arriving so much faster than it was sent, it was held up on its way. */
const MAX_COMPRESSION = 2;
const MIN_INTERVAL_MS = 1;
const MAX_INTERVAL_MS = 1000;

/** A probe that was held up on its way, or at the receiver, and then arrived all at once. */
export const UNCLEAR = 'unclear';

export interface ProbeOutcome {
  /** What the path was shown to carry. */
  readonly rateBps: number;
  readonly hasFoundLimit: boolean;
}

export class ProbeResult {
  #probe = 0;
  #bytesWanted = 0;
  #probeBytes = 0;
  #packets = 0;
  #bytes = 0;
  #firstSentMs = 0;
  #lastSentMs = 0;
  #firstArrivedMs = 0;
  #lastArrivedMs = 0;
  #firstBytes = 0;
  #lastBytes = 0;
  /** Bytes of media since the last packet of the probe; they count if another follows. */
  #betweenBytes = 0;
  #isDone = true;

  /** From now on, packets of this probe are looked at. */
  begin(probe: number, bytesWanted: number): void {
    this.#probe = probe;
    this.#bytesWanted = bytesWanted;
    this.#probeBytes = 0;
    this.#packets = 0;
    this.#bytes = 0;
    this.#betweenBytes = 0;
    this.#isDone = false;
  }

  /**
   * Takes a packet, in the order they were sent.
   *
   * @param probe which probe it is part of, 0 for none
   * @returns what the probe has shown, once, when enough has arrived
   */
  add(probe: number, sentAtMs: number, arrivedAtMs: number, sizeBytes: number): ProbeOutcome | typeof UNCLEAR | undefined {
    if (this.#isDone) return undefined;
    if (probe !== this.#probe) {
      if (this.#packets > 0) this.#betweenBytes += sizeBytes;
      return undefined;
    }
    if (this.#packets === 0) {
      this.#firstSentMs = sentAtMs;
      this.#firstArrivedMs = arrivedAtMs;
      this.#firstBytes = sizeBytes;
    }
    // Probes leave in bursts, whose packets have one send time.
    const isSameBurst = this.#packets > 0 && sentAtMs === this.#lastSentMs;
    this.#lastBytes = isSameBurst ? this.#lastBytes + this.#betweenBytes + sizeBytes : sizeBytes;
    this.#packets++;
    this.#probeBytes += sizeBytes;
    this.#bytes += sizeBytes + this.#betweenBytes;
    this.#betweenBytes = 0;
    this.#lastSentMs = sentAtMs;
    this.#lastArrivedMs = Math.max(arrivedAtMs, this.#firstArrivedMs);
    if (this.#packets < MIN_PACKETS || this.#probeBytes < MIN_SHARE * this.#bytesWanted) return undefined;
    return this.#evaluate();
  }

  #evaluate(): ProbeOutcome | typeof UNCLEAR | undefined {
    const sentForMs = this.#lastSentMs - this.#firstSentMs;
    const arrivedForMs = this.#lastArrivedMs - this.#firstArrivedMs;

    if (sentForMs < MIN_INTERVAL_MS || arrivedForMs < MIN_INTERVAL_MS) return undefined;
    this.#isDone = true;
    if (sentForMs > MAX_INTERVAL_MS || arrivedForMs > MAX_INTERVAL_MS) return UNCLEAR;
    // A burst's own time is that before the next when sending, a packet's that after the one before when receiving.
    const sentBps = (8000 * (this.#bytes - this.#lastBytes)) / sentForMs;
    const arrivedBps = (8000 * (this.#bytes - this.#firstBytes)) / arrivedForMs;
    if (arrivedBps > MAX_COMPRESSION * sentBps) return UNCLEAR;
    const hasFoundLimit = arrivedBps < LIMIT_FOUND_BELOW * sentBps;
    return { rateBps: hasFoundLimit ? BELOW_LIMIT * arrivedBps : Math.min(sentBps, arrivedBps), hasFoundLimit };
  }
}
