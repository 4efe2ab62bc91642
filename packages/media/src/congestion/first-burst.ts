/**
 * What the first packets to a peer show of its path. A keyframe leaves all at once, and behind a narrow
 * link its packets arrive one after the other: that shows how much too fast they were sent before the
 * first of them are lost, or a report could say so.
 */

/** Packets that follow each other this closely are one burst, which lasts no longer than so … */
const MAX_PAUSE_MS = 6;
const MAX_BURST_MS = 60;
/** … and takes this many times as long to arrive. */
const STRETCHED = 1;
const MIN_PACKETS = 4;
/** Less may be the jitter of a path that is wide. */
const MIN_SPREAD_MS = 30;
/** A machine that is held up makes one gap; a narrow link makes many. */
const MAX_GAP = 0.4;
/** Afterwards, queues and losses have shown it. */
const LOOKS_FOR_MS = 2000;

export class FirstBurst {
  #untilMs = Number.NaN;
  #beganAtMs = Number.NEGATIVE_INFINITY;
  #sentAtMs = Number.NEGATIVE_INFINITY;
  #firstArrivedMs = 0;
  #lastArrivedMs = 0;
  #largestGapMs = 0;
  #packets = 0;
  /** Without the first packet, which only says when the burst began. */
  #bytes = 0;

  /** Takes a packet, in the order they were sent: when it was, and when it arrived by the peer's clock. */
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

  /** What the path carried of the newest burst; undefined if it is wide, or too few packets say so. */
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
