/** Cancels a scheduled call; does nothing once that has run. */
export type CancelTimer = () => void;

/** Time as sessions see it. `io/` implements it with the system's clock, `testkit` with a virtual one. */
export interface Clock {
  /** Monotonic time in milliseconds; only differences are meaningful. */
  nowMs(): number;
  /** Milliseconds since 1970, for display. */
  wallClockMs(): number;
  /** Calls back once, not before `delayMs` from now, and never from within `schedule`. */
  schedule(delayMs: number, callback: () => void): CancelTimer;
  /** The number of scheduled calls that have not run yet. */
  readonly armedTimers: number;
}
