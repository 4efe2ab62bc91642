/**
 * Limits the concurrent writes of a node that restores its records. After Redis has lost them, all nodes do so at once,
 * and Redis handles one write at a time: writes that come too fast wait until they time out and are then repeated. Each
 * node therefore raises its limit while Redis answers promptly, and halves it as soon as it does not. The measure is
 * the time that a write waits at Redis, without the round-trip time, which may be long without any queue.
 */
import type { Clock } from '@causeway/sfu';

const FIRST_LIMIT = 4;
const MIN_LIMIT = 1;
const MAX_LIMIT = 64;
/** How long a write may wait at Redis. Both limits are far below the 800 ms after which a call times out. */
const QUICK_MS = 20;
const SLOW_MS = 60;
/** The shortest answer within this time, or up to twice as long, is the reference, so that a longer route to Redis is noticed. */
const SHORTEST_FOR_MS = 60_000;

export class WritePace {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;
  #limit = FIRST_LIMIT;
  #reducedAtMs = Number.NEGATIVE_INFINITY;
  /** The shortest times of this interval and the previous one: how long an answer takes if nothing is queued. */
  #shortestMs = Number.POSITIVE_INFINITY;
  #formerShortestMs = Number.POSITIVE_INFINITY;
  #intervalEndsAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
  }

  /** The number of writes that may be in progress now. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** Runs a write as soon as the limit allows. @throws whatever `write` throws */
  async run<Result>(write: () => Promise<Result>): Promise<Result> {
    if (this.#underWay >= this.limit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#underWay++;
    const startedAtMs = this.#clock.nowMs();
    try {
      return await write();
    } finally {
      this.#underWay--;
      this.#learn(startedAtMs);
      this.#letNextGo();
    }
  }

  /**
   * Runs a short call immediately, and measures how long its answer takes. Call it from time to time while nothing is
   * written, so that the reference is known before all nodes write at once.
   *
   * @throws whatever `call` throws
   */
  async time<Result>(call: () => Promise<Result>): Promise<Result> {
    const startedAtMs = this.#clock.nowMs();
    const result = await call();
    this.#noteTime(this.#clock.nowMs() - startedAtMs);
    return result;
  }

  #learn(startedAtMs: number): void {
    const nowMs = this.#clock.nowMs();
    // The reference is not updated here: a write does not tell whether it was answered, and one that fails at once says
    // nothing about the route.
    const waitedMs = nowMs - startedAtMs - Math.min(this.#shortestMs, this.#formerShortestMs);
    if (waitedMs < QUICK_MS) this.#limit = Math.min(MAX_LIMIT, this.#limit + 1 / this.#limit);
    // A write that was started before the last reduction was delayed by the conditions before it.
    if (waitedMs <= SLOW_MS || startedAtMs < this.#reducedAtMs) return;
    this.#limit = Math.max(MIN_LIMIT, this.#limit / 2);
    this.#reducedAtMs = nowMs;
  }

  #noteTime(tookMs: number): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs >= this.#intervalEndsAtMs) {
      this.#formerShortestMs = this.#shortestMs;
      this.#shortestMs = tookMs;
      this.#intervalEndsAtMs = nowMs + SHORTEST_FOR_MS;
    }
    this.#shortestMs = Math.min(this.#shortestMs, tookMs);
  }

  #letNextGo(): void {
    for (let free = this.limit - this.#underWay; free > 0; free--) this.#waiting.shift()?.();
  }
}
