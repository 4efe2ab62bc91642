/** Load of the process during one interval. */
export interface LoadSample {
  /** Delay of timers: median, 99th percentile and maximum. */
  readonly eventLoopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Delays of single timers in milliseconds, in order of length. */
  readonly timerDelaysMs: readonly number[];
  /** Share of time that the event loop spent working, 0 to 1; waiting for a core counts as work. */
  readonly utilization: number;
  /** Share of its memory that the process uses, 0 to 1: of the resident set or the JavaScript heap, whichever is nearer to its limit. */
  readonly memoryShare: number;
  /** Share of outgoing datagrams that were dropped because the uplink was full, 0 to 1. */
  readonly uplinkLossRatio: number;
}

/** Source of load samples. `io/` implements it for the process. */
export interface LoadSource {
  /** Starts to measure. The listener is called after every interval, never from within this call. */
  start(listener: (sample: LoadSample) => void): void;
  stop(): void;
}
