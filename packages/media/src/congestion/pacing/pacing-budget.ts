/**
 * How much may be sent to one peer now. Bursts are a little faster than the estimate, and up to a multiple of it if packets would otherwise
 * wait too long; but over a third of a second the rate does not exceed the estimate. Anything faster fills the queue on the path, which
 * audio has to pass as well.
 */

/** The amount that may be sent at once corresponds to this time, since the engine's timers are up to 5 ms late. */
const BURST_MS = 10;
/** The usual rate of a burst, as a multiple of the target. */
const GENTLE = 1.2;
/** Waiting packets have to be sent within this time, so that the last one of a keyframe is not too late. */
const GONE_WITHIN_MS = 180;
/** Two full packets. At low rates, less would never allow a packet. */
const MIN_BURST_BYTES = 2500;
/** How long the target may be exceeded at the burst rate, for example by a keyframe. */
const SUSTAINED_MS = 300;
const MIN_SUSTAINED_BYTES = 12_000;
const MS_PER_SECOND_AND_BITS = 8000;

// All numbers are in one array, because V8 would allocate an object for each one that is a fraction.
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

  /** Sets the rates at which packets are sent from now on. */
  setRates(nowMs: number, targetBps: number, burstBps: number): void {
    const numbers = this.#numbers;
    this.#update(nowMs);
    numbers[MAX_BURST_BYTES_PER_MS] = burstBps / MS_PER_SECOND_AND_BITS;
    numbers[TARGET_BYTES_PER_MS] = targetBps / MS_PER_SECOND_AND_BITS;
    numbers[BURST_BYTES_PER_MS] = Math.min(GENTLE * numbers[TARGET_BYTES_PER_MS], numbers[MAX_BURST_BYTES_PER_MS]);
    numbers[MAX_BURST_DEBT] = Math.max(MIN_BURST_BYTES, numbers[MAX_BURST_BYTES_PER_MS] * BURST_MS);
    numbers[MAX_SUSTAINED_DEBT] = Math.max(MIN_SUSTAINED_BYTES, numbers[TARGET_BYTES_PER_MS] * SUSTAINED_MS);
  }

  /** Raises the rate if packets would otherwise wait too long. @param waitingBytes total size of what waits */
  hurry(nowMs: number, waitingBytes: number): void {
    const numbers = this.#numbers;
    const neededBytesPerMs = Math.min(waitingBytes / GONE_WITHIN_MS, numbers[MAX_BURST_BYTES_PER_MS]);
    if (neededBytesPerMs <= numbers[BURST_BYTES_PER_MS]) return;
    this.#update(nowMs);
    numbers[BURST_BYTES_PER_MS] = neededBytesPerMs;
  }

  /** Whether a packet may be sent now. The last packet may exceed the budget, so the next one waits longer. */
  hasRoom(nowMs: number): boolean {
    const numbers = this.#numbers;
    if (nowMs > numbers[UPDATED_AT_MS]) this.#update(nowMs);
    return numbers[BURST_DEBT] < numbers[MAX_BURST_DEBT] && numbers[SUSTAINED_DEBT] < numbers[MAX_SUSTAINED_DEBT];
  }

  /** Takes the size of a packet that is sent. */
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
