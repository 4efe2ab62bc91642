/** Cancels a scheduled call; does nothing once that has run. */
export type CancelTimer = () => void;

/** Time as sessions see it. The real one is in `io/`, a virtual one in `testkit`. */
export interface Clock {
  /** Milliseconds on a clock that never goes back; only differences mean something. */
  nowMs(): number;
  /** Milliseconds since 1970, for people to read. */
  wallClockMs(): number;
  /** Calls back once, not before `delayMs` from now, and never from within `schedule`. */
  schedule(delayMs: number, callback: () => void): CancelTimer;
  /** How many calls are still to come. */
  readonly armedTimers: number;
}
