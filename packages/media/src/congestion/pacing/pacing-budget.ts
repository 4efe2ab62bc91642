/**
 * How much may leave for one peer now: bursts a little faster than the estimate, and as fast as a
 * multiple of it if they would wait too long otherwise, but over a third of a second no more than the
 * estimate itself. What leaves faster fills the queue on the path, which sound has to pass, too.
 */

/** As much may leave at once as would in this time: the engine's timers are up to 5 ms late. */
const BURST_MS = 10;
/** Multiple of the target at which a burst leaves that has time … */
const GENTLE = 1.2;
/** … and how soon what waits has to be gone, lest the last of a keyframe comes too late. */
const GONE_WITHIN_MS = 180;
/** Two full packets: at low rates, what is less would never leave. */
const MIN_BURST_BYTES = 2500;
/** How long the target may be exceeded at the rate of bursts, as by a keyframe. */
const SUSTAINED_MS = 300;
const MIN_SUSTAINED_BYTES = 12_000;
const MS_PER_SECOND_AND_BITS = 8000;

// One array, since each number that is a fraction would be an object of its own.
const BURST_DEBT = 0;
const SUSTAINED_DEBT = 1;
const UPDATED_AT_MS = 2;
const BURST_BYTES_PER_MS = 3;
const TARGET_BYTES_PER_MS = 4;
const MAX_BURST_DEBT = 5;
const MAX_SUSTAINED_DEBT = 6;
const MAX_BURST_BYTES_PER_MS = 7;
const NUMBERS = 8;

export class PacingBudget {
  readonly #numbers = new Float64Array(NUMBERS);

  /** From now on, packets leave at these rates. */
  setRates(nowMs: number, targetBps: number, burstBps: number): void {
    const numbers = this.#numbers;
    this.#update(nowMs);
    numbers[MAX_BURST_BYTES_PER_MS] = burstBps / MS_PER_SECOND_AND_BITS;
    numbers[TARGET_BYTES_PER_MS] = targetBps / MS_PER_SECOND_AND_BITS;
    numbers[BURST_BYTES_PER_MS] = Math.min(GENTLE * numbers[TARGET_BYTES_PER_MS], numbers[MAX_BURST_BYTES_PER_MS]);
    numbers[MAX_BURST_DEBT] = Math.max(MIN_BURST_BYTES, numbers[MAX_BURST_BYTES_PER_MS] * BURST_MS);
    numbers[MAX_SUSTAINED_DEBT] = Math.max(MIN_SUSTAINED_BYTES, numbers[TARGET_BYTES_PER_MS] * SUSTAINED_MS);
  }

  /** So much waits: it leaves faster if it would wait too long otherwise. */
  hurry(nowMs: number, waitingBytes: number): void {
    const numbers = this.#numbers;
    const neededBytesPerMs = Math.min(waitingBytes / GONE_WITHIN_MS, numbers[MAX_BURST_BYTES_PER_MS]);
    if (neededBytesPerMs <= numbers[BURST_BYTES_PER_MS]) return;
    this.#update(nowMs);
    numbers[BURST_BYTES_PER_MS] = neededBytesPerMs;
  }

  /** Whether a packet may leave now: the last one may go beyond, and the next wait for longer. */
  hasRoom(nowMs: number): boolean {
    const numbers = this.#numbers;
    if (nowMs > numbers[UPDATED_AT_MS]) this.#update(nowMs);
    return numbers[BURST_DEBT] < numbers[MAX_BURST_DEBT] && numbers[SUSTAINED_DEBT] < numbers[MAX_SUSTAINED_DEBT];
  }

  /** A packet leaves. */
  spend(sizeBytes: number): void {
    this.#numbers[BURST_DEBT] += sizeBytes;
    this.#numbers[SUSTAINED_DEBT] += sizeBytes;
  }

  #update(nowMs: number): void {
    const numbers = this.#numbers;
    const elapsedMs = nowMs - numbers[UPDATED_AT_MS];
    numbers[UPDATED_AT_MS] = nowMs;
    numbers[BURST_DEBT] = Math.max(0, numbers[BURST_DEBT] - elapsedMs * numbers[BURST_BYTES_PER_MS]);
    numbers[SUSTAINED_DEBT] = Math.max(0, numbers[SUSTAINED_DEBT] - elapsedMs * numbers[TARGET_BYTES_PER_MS]);
  }
}
