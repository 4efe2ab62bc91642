import type { Clock } from '@causeway/sfu';

/**
 * The time that all nodes agree on, which is Redis's. Every renewal of the lease reads it; in between, and while Redis
 * is unavailable, the process's own clock continues it. Wall clocks of nodes may be hours apart.
 */
export class ClusterClock {
  readonly #nowMs: () => number;
  /** To be added to the process's clock. */
  #offsetMs = 0;
  #latestMs = 0;

  /** @param nowMs milliseconds on a clock that never goes back */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Milliseconds since 1970. Means nothing before the first `set`. */
  nowMs(): number {
    return this.#nowMs() + this.#offsetMs;
  }

  /** The latest that it has ever been, though Redis's clock may have been set back since. */
  latestMs(): number {
    return Math.max(this.#latestMs, this.nowMs());
  }

  /** @param redisNowMs as just received */
  set(redisNowMs: number): void {
    // Before the first time its own time means nothing.
    if (this.#offsetMs !== 0) this.#latestMs = this.latestMs();
    this.#offsetMs = redisNowMs - this.#nowMs();
  }
}

/** The part of a clock that intervals need. */
export type Timers = Pick<Clock, 'nowMs' | 'schedule'>;
