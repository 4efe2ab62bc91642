/**
 * Maximum number of buckets. The least recently used ones are removed first, so a client is not forgotten while it is
 * calling. A bucket takes about 200 bytes.
 */
const MAX_BUCKETS = 100_000;

/** At one call per second, a millisecond earns a thousandth of a call, so whole milliseconds need no rounding. */
const CALL_COST = 1000;

interface Bucket {
  /** In thousandths of a call. */
  readonly credit: number;
  readonly updatedAtMs: number;
}

export interface RateLimiter {
  /**
   * Counts one call against a key. A key may use at once what it earns in the burst time.
   *
   * @returns 0 if the call is allowed; otherwise the number of milliseconds until the next one is
   */
  take(key: string, callsPerSecond: number): number;
  /** Returns what `take` would return after this many other calls, without counting any; 0 for an unknown key. */
  waitMs(key: string, callsPerSecond: number, otherCalls: number): number;
  /** The number of remembered keys, which are those of the last burst time. */
  readonly size: number;
}

/**
 * Creates token buckets, one per key, in memory that does not grow with the number of keys ever seen.
 *
 * @param burstSeconds how long an unused key accumulates calls
 */
export function createRateLimiter(now: () => number, burstSeconds = 1): RateLimiter {
  const buckets = new Map<string, Bucket>();
  /** A bucket that was unused for this long is full, like a new one. */
  const fullAfterMs = burstSeconds * 1000;

  const forgetOldest = (nowMs: number): void => {
    for (const [key, { updatedAtMs }] of buckets) {
      if (buckets.size <= MAX_BUCKETS && nowMs - updatedAtMs < fullAfterMs) return;
      buckets.delete(key);
    }
  };

  const creditOf = (key: string, callsPerSecond: number, nowMs: number): number => {
    const capacity = callsPerSecond * burstSeconds * CALL_COST;
    const bucket = buckets.get(key);
    return bucket === undefined ? capacity : Math.min(capacity, bucket.credit + (nowMs - bucket.updatedAtMs) * callsPerSecond);
  };

  const use = (key: string, credit: number, nowMs: number): void => {
    // Inserting it again keeps the map in order of use.
    buckets.delete(key);
    buckets.set(key, { credit, updatedAtMs: nowMs });
  };

  const waitFor = (credit: number, callsPerSecond: number): number =>
    credit < CALL_COST ? Math.ceil((CALL_COST - credit) / callsPerSecond) : 0;

  return {
    take(key, callsPerSecond) {
      const nowMs = now();
      const credit = creditOf(key, callsPerSecond, nowMs);
      const waitMs = waitFor(credit, callsPerSecond);
      use(key, waitMs === 0 ? credit - CALL_COST : credit, nowMs);
      forgetOldest(nowMs);
      return waitMs;
    },
    waitMs(key, callsPerSecond, otherCalls) {
      if (!buckets.has(key)) return 0;
      const nowMs = now();
      const credit = creditOf(key, callsPerSecond, nowMs);
      use(key, credit, nowMs);
      return waitFor(credit - otherCalls * CALL_COST, callsPerSecond);
    },
    get size() {
      return buckets.size;
    },
  };
}
