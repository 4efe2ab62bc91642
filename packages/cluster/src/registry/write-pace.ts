/**
 * How many concurrent writes a node makes when it restores its records. After Redis has lost them, all nodes do so at
 * once, and Redis handles one write after the other: writes that come too fast wait until they time out and are then
 * repeated. So each node increases its rate while Redis answers as quickly as it can, and halves it as soon as it does
 * not. What counts is the time that a write waits at Redis: an answer from across an ocean is late without any queue.
 */
import type { Clock } from '@causeway/sfu';

const FIRST_LIMIT = 4;
const MIN_LIMIT = 1;
const MAX_LIMIT = 64;
/** How long a write may wait at Redis. Together this is far below the 800 ms after which a call is given up. */
const QUICK_MS = 20;
const SLOW_MS = 60;
/** The shortest answer of this time or twice as long counts, so that a longer way to Redis is noticed. */
const SHORTEST_FOR_MS = 60_000;

export class WritePace {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;
  #limit = FIRST_LIMIT;
  #reducedAtMs = Number.NEGATIVE_INFINITY;
  /** The shortest times of this interval and the one before: what an answer takes if nothing else waits. */
  #shortestMs = Number.POSITIVE_INFINITY;
  #formerShortestMs = Number.POSITIVE_INFINITY;
  #intervalEndsAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
  }

  /** Writes that may be under way now. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** Runs a write when its turn has come. @throws whatever it throws */
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
   * Runs a short call at once, and learns from it how long an answer takes. Call it now and then while nothing is to be
   * written, so that this is known before all nodes write at once.
   *
   * @throws whatever it throws
   */
  async time<Result>(call: () => Promise<Result>): Promise<Result> {
    const startedAtMs = this.#clock.nowMs();
    const result = await call();
    this.#noteTime(this.#clock.nowMs() - startedAtMs);
    return result;
  }

  #learn(startedAtMs: number): void {
    const nowMs = this.#clock.nowMs();
    // Writes do not say whether they were answered, and one that fails at once says nothing of the way to Redis.
    const waitedMs = nowMs - startedAtMs - Math.min(this.#shortestMs, this.#formerShortestMs);
    if (waitedMs < QUICK_MS) this.#limit = Math.min(MAX_LIMIT, this.#limit + 1 / this.#limit);
    // What was sent before the last reduction tells of the time before it.
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
