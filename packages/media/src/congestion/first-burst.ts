/**
 * Derives the capacity of a path from the first packets sent to a peer. A keyframe is sent all at once, and a narrow link spreads its
 * packets out. The spread shows how much too fast they were sent before any loss or any report of it could.
 */

/** Packets sent this close together are one burst, as long as it lasts no longer than `MAX_BURST_MS`. */
const MAX_PAUSE_MS = 6;
const MAX_BURST_MS = 60;
/** A burst is stretched if it takes this many times as long to arrive, plus `MIN_SPREAD_MS`. */
const STRETCHED = 1;
const MIN_PACKETS = 4;
/** Less may be due to jitter on a wide path. */
const MIN_SPREAD_MS = 30;
/** A machine that is held up causes one gap, whereas a narrow link causes many. */
const MAX_GAP = 0.4;
/** After this time, queues and losses have shown the capacity. */
const LOOKS_FOR_MS = 2000;

export class FirstBurst {
  #untilMs = Number.NaN;
  #beganAtMs = Number.NEGATIVE_INFINITY;
  #sentAtMs = Number.NEGATIVE_INFINITY;
  #firstArrivedMs = 0;
  #lastArrivedMs = 0;
  #largestGapMs = 0;
  #packets = 0;
  /** Without the first packet, which only marks the start of the burst. */
  #bytes = 0;

  /**
   * Takes a packet, with the time when it was sent and when it arrived by the peer's clock. Packets must be passed in the order in which
   * they were sent.
   */
  add(sentAtMs: number, arrivedAtMs: number, sizeBytes: number): void {
    if (Number.isNaN(this.#untilMs)) this.#untilMs = sentAtMs + LOOKS_FOR_MS;
    if (sentAtMs > this.#untilMs) return;
    const goesOn = sentAtMs - this.#sentAtMs <= MAX_PAUSE_MS && sentAtMs - this.#beganAtMs <= MAX_BURST_MS;
    this.#sentAtMs = sentAtMs;
    if (!goesOn) this.#begin(sentAtMs, arrivedAtMs);
    else {
      this.#largestGapMs = Math.max(this.#largestGapMs, arrivedAtMs - this.#lastArrivedMs);
      this.#lastArrivedMs = Math.max(this.#lastArrivedMs, arrivedAtMs);
      this.#bytes += sizeBytes;
    }
    this.#packets++;
  }

  /** The bitrate at which the newest burst arrived; undefined if the path is wide, or there are too few packets. */
  get carriedBps(): number | undefined {
    const spreadMs = this.#lastArrivedMs - this.#firstArrivedMs;
    const isStretched = spreadMs > MIN_SPREAD_MS + STRETCHED * (this.#sentAtMs - this.#beganAtMs);
    if (this.#packets < MIN_PACKETS || !isStretched || this.#largestGapMs > MAX_GAP * spreadMs) return undefined;
    return (8000 * this.#bytes) / spreadMs;
  }

  #begin(sentAtMs: number, arrivedAtMs: number): void {
    this.#beganAtMs = sentAtMs;
    this.#firstArrivedMs = arrivedAtMs;
    this.#lastArrivedMs = arrivedAtMs;
    this.#largestGapMs = 0;
    this.#packets = 0;
    this.#bytes = 0;
  }
}
