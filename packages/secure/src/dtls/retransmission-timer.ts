/** When a flight is sent again, and when the handshake is given up. @see RFC 6347 §4.2.4 */

export interface RetransmissionTimerListener {
  onRetransmit(): void;
  onDeadline(): void;
  /** One of the above has thrown; the timer is stopped. Uncaught, the exception would end the process with all its sessions. */
  onDefect(error: unknown): void;
}

/** Much less than RFC 6347 proposes: media waits for the handshake, and a repeated flight is small. */
const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 1_000;
const HANDSHAKE_TIMEOUT_MS = 30_000;

export class RetransmissionTimer {
  readonly #listener: RetransmissionTimerListener;
  #retransmission: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;

  constructor(listener: RetransmissionTimerListener) {
    this.#listener = listener;
  }

  /** Starts the clock of the whole handshake, unless it runs. */
  startDeadline(): void {
    this.#deadline ??= setTimeout(() => this.#guard(() => this.#listener.onDeadline()), HANDSHAKE_TIMEOUT_MS).unref();
  }

  /** A new flight has been sent. */
  start(): void {
    this.startDeadline();
    this.#wait(FIRST_DELAY_MS);
  }

  stop(): void {
    clearTimeout(this.#retransmission);
    clearTimeout(this.#deadline);
  }

  #wait(delayMs: number): void {
    clearTimeout(this.#retransmission);
    const repeat = (): void => {
      this.#listener.onRetransmit();
      this.#wait(Math.min(delayMs * 2, MAX_DELAY_MS));
    };
    this.#retransmission = setTimeout(() => this.#guard(repeat), delayMs).unref();
  }

  #guard(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.stop();
      this.#listener.onDefect(error);
    }
  }
}
