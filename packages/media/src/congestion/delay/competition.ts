/**
 * Whether competing flows, such as a download, fill the queue that our packets wait in. The queue then stays until it overflows, however
 * little we send, and giving way to every increase would leave us nothing. As long as that is the case only loss counts, as it does for the
 * other flows.
 */

/** After a decrease, a queue of our own shrinks from one check to the next. */
const LOOK_EVERY_MS = 2500;
const SHRUNK = 0.8;
/** Our own frames cause a shorter queue at low rates. */
const EMPTY_MS = 60;
/** Flows that only react to loss cause some at least this often. */
const OVERFLOWS_WITHIN_MS = 60_000;

export class Competition {
  #lookedAtMs = Number.NaN;
  #queueThenMs = Number.POSITIVE_INFINITY;
  #overflowedAtMs = Number.NEGATIVE_INFINITY;
  #isPresent = false;

  get isPresent(): boolean {
    return this.#isPresent;
  }

  /** Takes how long packets wait, how many were lost, and whether the rate is being reduced. */
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
