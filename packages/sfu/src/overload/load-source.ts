/** What one interval of the process was like. */
export interface LoadSample {
  /** By how much timers were late, in half of the cases at most, in all but one of a hundred, and at worst. */
  readonly eventLoopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Share of the time that the event loop spent on work, 0 to 1; waiting for a core counts as work. */
  readonly utilization: number;
  /** Share of its memory that the process uses, 0 to 1: resident set or JavaScript heap, whichever is nearer to its limit. */
  readonly memoryShare: number;
  /** Share of outgoing datagrams that were dropped because the uplink was full, 0 to 1. */
  readonly uplinkLossRatio: number;
}

/** Where the figures come from. The real one is in `io/`. */
export interface LoadSource {
  /** Begins to measure. The listener hears of every interval once it is over, never from within this call. */
  start(listener: (sample: LoadSample) => void): void;
  stop(): void;
}
