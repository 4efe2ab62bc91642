/** How long packets take through a node, and how long viewers wait for a picture. */

/** Upper bounds of the classes of a histogram in milliseconds, ascending. Larger values belong to a last class without a bound. */
export type HistogramBounds = readonly number[];

/** Classes of the time until a subscriber's first frame. */
export const FIRST_FRAME_BOUNDS_MS: HistogramBounds = [50, 100, 250, 500, 1_000, 2_000, 5_000, 10_000, 30_000];
/** Classes of the time that packets spend in a node. */
export const FORWARD_LATENCY_BOUNDS_MS: HistogramBounds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250];

/** A copy of a histogram. */
export interface HistogramCounts {
  /** The number of values in each class; one more than there are bounds. */
  readonly counts: readonly number[];
  /** Sum of all values in milliseconds. */
  readonly sumMs: number;
}

/** Counts durations by class. Recording allocates nothing, so the packet path may use it. */
export class Histogram {
  readonly #bounds: Float64Array;
  readonly #counts: Float64Array;
  /** One element, because V8 would box a field that is a fraction. */
  readonly #sum = new Float64Array(1);

  constructor(boundsMs: HistogramBounds) {
    this.#bounds = Float64Array.from(boundsMs);
    this.#counts = new Float64Array(boundsMs.length + 1);
  }

  /** @param times how often this value occurred */
  record(valueMs: number, times = 1): void {
    let index = 0;
    while (index < this.#bounds.length && valueMs > this.#bounds[index]) index++;
    this.#counts[index] += times;
    this.#sum[0] += valueMs * times;
  }

  snapshot(): HistogramCounts {
    return { counts: [...this.#counts], sumMs: this.#sum[0] ?? 0 };
  }
}

/**
 * Measures how long a viewer waits for a picture: from when the subscription exists, is not paused and its peer can be sent to, until the
 * first packet of a keyframe is forwarded. Only the first such wait of a subscription counts.
 */
export class FirstFrameTimer {
  readonly #histogram: Histogram;
  #waitsSinceMs: number | undefined = undefined;
  #isOver = false;

  constructor(histogram: Histogram) {
    this.#histogram = histogram;
  }

  /** Notes that packets could be sent from now on. Further calls do nothing until `interrupt`. */
  begin(nowMs: number): void {
    this.#waitsSinceMs ??= nowMs;
  }

  /** The subscriber does not wait while it is paused. */
  interrupt(): void {
    this.#waitsSinceMs = undefined;
  }

  end(nowMs: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#waitsSinceMs !== undefined) this.#histogram.record(nowMs - this.#waitsSinceMs);
  }
}

/**
 * Measures how long RTP packets take through this thread: from when the first datagram of their flush was read until the system has taken
 * what the flush sent. All packets of a flush count as that long, which is the worst case for most of them, so the cost is one recorded
 * value for each flush and none for each packet. Time in the buffers of sockets, and in the queue of a narrow path, is not part of it.
 */
export class ForwardLatency {
  readonly #histogram = new Histogram(FORWARD_LATENCY_BOUNDS_MS);
  #firstInputMs = Number.NaN;
  #packetsBefore = 0;

  noteInput(nowMs: number): void {
    if (Number.isNaN(this.#firstInputMs)) this.#firstInputMs = nowMs;
  }

  /**
   * Notes the end of a flush.
   *
   * @param now returns the time in milliseconds; it is only called if packets of this input were sent
   * @param packetsSent all RTP packets that were ever sent
   */
  noteFlushed(now: () => number, packetsSent: number): void {
    const packets = packetsSent - this.#packetsBefore;
    this.#packetsBefore = packetsSent;
    if (packets > 0 && !Number.isNaN(this.#firstInputMs)) this.#histogram.record(now() - this.#firstInputMs, packets);
    this.#firstInputMs = Number.NaN;
  }

  snapshot(): HistogramCounts {
    return this.#histogram.snapshot();
  }
}
