export interface CircuitBreakerOptions {
  /** Milliseconds on a clock that never goes back. */
  readonly nowMs: () => number;
  readonly onOpen: (error: unknown) => void;
  readonly onClose: () => void;
}

/** This many failures within the window stop all further attempts. */
const MAX_FAILURES = 5;
const FAILURE_WINDOW_MS = 10_000;

/**
 * Stops calls to what does not answer: after five failures in ten seconds it is open, and its owner finds out, independently of calls,
 * when there is an answer again. So callers are not kept waiting, and what is down is not flooded with requests when it comes back.
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  /** When the last failures were, oldest first. */
  #failedAtMs: number[] = [];
  #isOpen = false;
  #lastError: unknown;

  constructor(options: CircuitBreakerOptions) {
    this.#options = options;
  }

  /** Whether calls are not to be tried. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  get lastError(): unknown {
    return this.#lastError;
  }

  noteSuccess(): void {
    this.#failedAtMs = [];
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#options.onClose();
  }

  noteFailure(error: unknown): void {
    this.#lastError = error;
    if (this.#isOpen) return;
    const nowMs = this.#options.nowMs();
    this.#failedAtMs = [...this.#failedAtMs.filter((atMs) => nowMs - atMs < FAILURE_WINDOW_MS), nowMs];
    if (this.#failedAtMs.length < MAX_FAILURES) return;
    this.#isOpen = true;
    this.#options.onOpen(error);
  }
}
