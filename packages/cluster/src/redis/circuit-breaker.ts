export interface CircuitBreakerOptions {
  /** A monotonic clock, in milliseconds. */
  readonly nowMs: () => number;
  readonly onOpen: (error: unknown) => void;
  readonly onClose: () => void;
}

/** This many failures within the window stop all further attempts. */
const MAX_FAILURES = 5;
const FAILURE_WINDOW_MS = 10_000;

/**
 * Stops calls to a server that does not answer. It opens after five failures within ten seconds; its owner then probes
 * the server and closes it. Callers are not kept waiting, and a server that comes back is not flooded with requests.
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  /** When the last failures occurred, oldest first. */
  #failedAtMs: number[] = [];
  #isOpen = false;
  #lastError: unknown;

  constructor(options: CircuitBreakerOptions) {
    this.#options = options;
  }

  /** Whether calls must not be tried. */
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
