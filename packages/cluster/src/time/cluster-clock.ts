import type { Clock } from '@causeway/sfu';

/**
 * The time that all nodes agree on, which is Redis's. Every renewal of the lease reads it. Between renewals, and while
 * Redis is unavailable, the process's own clock continues it. The wall clocks of nodes may be hours apart.
 */
export class ClusterClock {
  readonly #nowMs: () => number;
  /** Added to the process's clock to get Redis's time. */
  #offsetMs = 0;
  #latestMs = 0;

  /** @param nowMs a monotonic clock, in milliseconds */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Milliseconds since 1970. Undefined before the first `set`. */
  nowMs(): number {
    return this.#nowMs() + this.#offsetMs;
  }

  /** The latest time that this clock has shown, although Redis's clock may have been set back since. */
  latestMs(): number {
    return Math.max(this.#latestMs, this.nowMs());
  }

  /** @param redisNowMs Redis's time as just received */
  set(redisNowMs: number): void {
    // The clock has no meaningful time before the first call.
    if (this.#offsetMs !== 0) this.#latestMs = this.latestMs();
    this.#offsetMs = redisNowMs - this.#nowMs();
  }
}

/** The part of a clock that periodic tasks need. */
export type Timers = Pick<Clock, 'nowMs' | 'schedule'>;
