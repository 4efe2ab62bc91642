/** Buckets kept at most; the oldest go first. One costs about 200 bytes. */
const MAX_BUCKETS = 100_000;
/** A bucket that was not used for so long is full, and so no different from one that was never used. */
const FULL_AFTER_MS = 1000;

/** A thousandth of a call is what one millisecond earns at one call a second, so that whole milliseconds never round. */
const CALL_COST = 1000;

interface Bucket {
  /** In thousandths of a call. */
  credit: number;
  updatedAtMs: number;
}

export interface RateLimiter {
  /**
   * Counts one call against a key. A key may use up a second's worth of calls at once.
   *
   * @returns 0 if the call may go on; otherwise how many milliseconds to wait for the next one
   */
  take(key: string, callsPerSecond: number): number;
  /** How many keys are remembered: those of the last second. */
  readonly size: number;
}

/** Token buckets, one for each key, in memory that does not grow with the number of keys ever seen. */
export function createRateLimiter(now: () => number): RateLimiter {
  const buckets = new Map<string, Bucket>();

  const forgetOldest = (nowMs: number): void => {
    for (const [key, { updatedAtMs }] of buckets) {
      if (buckets.size <= MAX_BUCKETS && nowMs - updatedAtMs < FULL_AFTER_MS) return;
      buckets.delete(key);
    }
  };

  return {
    take(key, callsPerSecond) {
      const nowMs = now();
      const capacity = callsPerSecond * CALL_COST;
      const bucket = buckets.get(key) ?? { credit: capacity, updatedAtMs: nowMs };
      bucket.credit = Math.min(capacity, bucket.credit + (nowMs - bucket.updatedAtMs) * callsPerSecond);
      bucket.updatedAtMs = nowMs;
      // Re-inserting keeps the map in order of use.
      buckets.delete(key);
      buckets.set(key, bucket);
      forgetOldest(nowMs);
      if (bucket.credit < CALL_COST) return Math.ceil((CALL_COST - bucket.credit) / callsPerSecond);
      bucket.credit -= CALL_COST;
      return 0;
    },
    get size() {
      return buckets.size;
    },
  };
}
