/**
 * How many concurrent writes a node makes when it restores its records. After Redis has lost them, all nodes do so at
 * once, and Redis handles one write after the other: writes that come too fast wait until they time out and are then
 * repeated. So each node increases its rate while Redis answers quickly, and halves it as soon as it does not.
 */
import type { Clock } from '@causeway/sfu';

const FIRST_LIMIT = 16;
const MIN_LIMIT = 2;
const MAX_LIMIT = 64;
/** Well below the time after which a call to Redis is given up. */
const QUICK_MS = 60;
const SLOW_MS = 150;

export class WritePace {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;
  #limit = FIRST_LIMIT;
  #reducedAtMs = Number.NEGATIVE_INFINITY;

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

  #learn(startedAtMs: number): void {
    const nowMs = this.#clock.nowMs();
    const tookMs = nowMs - startedAtMs;
    if (tookMs < QUICK_MS) this.#limit = Math.min(MAX_LIMIT, this.#limit + 1 / this.#limit);
    // What was sent before the last reduction tells of the time before it.
    if (tookMs <= SLOW_MS || startedAtMs < this.#reducedAtMs) return;
    this.#limit = Math.max(MIN_LIMIT, this.#limit / 2);
    this.#reducedAtMs = nowMs;
  }

  #letNextGo(): void {
    for (let free = this.limit - this.#underWay; free > 0; free--) this.#waiting.shift()?.();
  }
}
