import { Histogram, type HistogramBounds, type HistogramCounts } from '@causeway/media';

/** Classes of the time that packets spend in a node. */
export const FORWARD_LATENCY_BOUNDS_MS: HistogramBounds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250];

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
