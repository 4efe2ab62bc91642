/** Buckets kept at most; the oldest go first. One costs about 200 bytes. */
const MAX_BUCKETS = 100_000;

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
}

/** Token buckets, one for each key, in memory that does not grow with the number of keys ever seen. */
export function createRateLimiter(now: () => number): RateLimiter {
  const buckets = new Map<string, Bucket>();

  const forgetOldest = (): void => {
    for (const key of buckets.keys()) {
      if (buckets.size <= MAX_BUCKETS) return;
      buckets.delete(key);
    }
  };

  return {
    take(key, callsPerSecond) {
      const nowMs = now();
      const bucket = buckets.get(key) ?? { credit: callsPerSecond * CALL_COST, updatedAtMs: nowMs };
      // Re-inserting keeps the map in order of use.
      buckets.delete(key);
      buckets.set(key, bucket);
      forgetOldest();
      bucket.credit = Math.min(callsPerSecond * CALL_COST, bucket.credit + (nowMs - bucket.updatedAtMs) * callsPerSecond);
      bucket.updatedAtMs = nowMs;
      if (bucket.credit < CALL_COST) return Math.ceil((CALL_COST - bucket.credit) / callsPerSecond);
      bucket.credit -= CALL_COST;
      return 0;
    },
  };
}
