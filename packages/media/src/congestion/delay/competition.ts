/**
 * Whether others fill the queue that our packets wait in, as a download does: then it stays as it is however little we send, until it overflows,
 * and giving way to every slope would leave us nothing. While that is so, only loss counts, as it does for them.
 */

/** After a decrease a queue of our own making shrinks from one look to the next. */
const LOOK_EVERY_MS = 2500;
const SHRUNK = 0.8;
/** Less is what our own frames make at a low rate. */
const EMPTY_MS = 60;
/** Those who only stop at loss cause some at least this often. */
const OVERFLOWS_WITHIN_MS = 60_000;

export class Competition {
  #lookedAtMs = Number.NaN;
  #queueThenMs = Number.POSITIVE_INFINITY;
  #overflowedAtMs = Number.NEGATIVE_INFINITY;
  #isPresent = false;

  get isPresent(): boolean {
    return this.#isPresent;
  }

  /** Takes how long packets wait, how many were lost, and whether we give way now. */
  update(nowMs: number, queueMs: number, lost: number, isDecreasing: boolean): void {
    if (queueMs < EMPTY_MS) {
      this.#isPresent = false;
      this.#lookedAtMs = Number.NaN;
      return;
    }
    if (lost > 0) this.#overflowedAtMs = nowMs;
    if (isDecreasing && Number.isNaN(this.#lookedAtMs)) this.#look(nowMs, Number.POSITIVE_INFINITY);
    if (nowMs - this.#lookedAtMs < LOOK_EVERY_MS || Number.isNaN(this.#lookedAtMs)) return;
    const overflows = nowMs - this.#overflowedAtMs < OVERFLOWS_WITHIN_MS;
    if (overflows && queueMs > SHRUNK * this.#queueThenMs) this.#isPresent = true;
    this.#look(nowMs, queueMs);
  }

  #look(nowMs: number, queueMs: number): void {
    this.#lookedAtMs = nowMs;
    this.#queueThenMs = queueMs;
  }
}
