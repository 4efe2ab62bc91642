import { SfuError } from '@causeway/protocol';

/** More calls than these waiting for one session are not patience but a loop. */
const MAX_WAITING = 256;
const RETRY_AFTER_MS = 1_000;

/** Runs the calls of one session one after the other, in the order they came. */
export class Lane {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** @throws rate_limited – too many calls wait already */
  run<Result>(call: () => Promise<Result>): Promise<Result> {
    if (this.#waiting >= MAX_WAITING) {
      throw new SfuError('rate_limited', `${MAX_WAITING} calls of this session are waiting already`, { retryAfterMs: RETRY_AFTER_MS });
    }
    this.#waiting++;
    const result = this.#last.then(call).finally(() => this.#waiting--);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
