/** Upper bounds of the classes of a histogram in milliseconds, ascending. Larger values belong to a last class without a bound. */
export type HistogramBounds = readonly number[];

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
