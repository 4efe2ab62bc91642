import { type Timer, Timers } from '@causeway/media';

/**
 * Timers on the clock of the process, `performance.now()`, for endpoints that do not belong to an engine, as in load generators and tests
 * with real sockets. They do not keep the process alive.
 */
export class SystemTimers extends Timers {
  #timeout: NodeJS.Timeout | undefined;
  #wakesAtMs = Number.POSITIVE_INFINITY;

  override schedule(atMs: number, timer: Timer): void {
    super.schedule(atMs, timer);
    this.#arm();
  }

  /**
   * Cancels a timer. The timeout is only cleared with the last timer, because a needless wake-up is cheaper than setting another timeout.
   */
  override cancel(timer: Timer): void {
    super.cancel(timer);
    if (this.size === 0) this.#disarm();
  }

  #arm(): void {
    if (this.nextDeadlineMs >= this.#wakesAtMs) return;
    this.#disarm();
    if (this.size === 0) return;
    this.#wakesAtMs = this.nextDeadlineMs;
    this.#timeout = setTimeout(() => this.#wake(), Math.max(0, this.#wakesAtMs - performance.now())).unref();
  }

  #disarm(): void {
    clearTimeout(this.#timeout);
    this.#wakesAtMs = Number.POSITIVE_INFINITY;
  }

  #wake(): void {
    this.#wakesAtMs = Number.POSITIVE_INFINITY;
    this.fireDue(performance.now());
    this.#arm();
  }
}
