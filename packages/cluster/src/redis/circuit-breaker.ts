export interface CircuitBreakerOptions {
  /** Milliseconds on a clock that never goes back. */
  readonly nowMs: () => number;
  readonly onChange?: (isOpen: boolean, error: unknown) => void;
}

/** So many failures within so long, and nothing is tried for a while. */
const MAX_FAILURES = 5;
const FAILURE_WINDOW_MS = 10_000;
const PAUSE_MS = 1_000;

/**
 * Stops calling what does not answer: after five failures in ten seconds calls are refused at once, and once a second a single one is
 * let through to see. So callers are not kept waiting, and what is down is not buried under requests when it comes back.
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  /** When the last failures were, oldest first. */
  #failedAtMs: number[] = [];
  /** Undefined while closed, that is, while calls go through. */
  #nextTrialAtMs: number | undefined;
  #lastError: unknown;

  constructor(options: CircuitBreakerOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#nextTrialAtMs !== undefined;
  }

  get lastError(): unknown {
    return this.#lastError;
  }

  /** Asked before every call. @returns false when it must not be tried */
  admits(): boolean {
    if (this.#nextTrialAtMs === undefined) return true;
    const nowMs = this.#options.nowMs();
    if (nowMs < this.#nextTrialAtMs) return false;
    this.#nextTrialAtMs = nowMs + PAUSE_MS;
    return true;
  }

  noteSuccess(): void {
    this.#failedAtMs = [];
    if (this.#nextTrialAtMs === undefined) return;
    this.#nextTrialAtMs = undefined;
    this.#options.onChange?.(false, undefined);
  }

  noteFailure(error: unknown): void {
    const nowMs = this.#options.nowMs();
    this.#lastError = error;
    if (this.#nextTrialAtMs !== undefined) return;
    this.#failedAtMs = [...this.#failedAtMs.filter((atMs) => nowMs - atMs < FAILURE_WINDOW_MS), nowMs];
    if (this.#failedAtMs.length < MAX_FAILURES) return;
    this.#nextTrialAtMs = nowMs + PAUSE_MS;
    this.#options.onChange?.(true, error);
  }

  /** There is reason to believe that it answers again, such as a new connection: the next call is tried. */
  invite(): void {
    if (this.#nextTrialAtMs !== undefined) this.#nextTrialAtMs = this.#options.nowMs();
  }
}
