const BUCKET_MS = 128;
const BUCKETS = 8;
/** At the start of a stream a few packets would amount to megabits per second, so rates are never computed over less than this. */
const MIN_WINDOW_MS = 2 * BUCKET_MS;

/** Measures the bitrate of a stream over about the last second. It counts in fixed buckets, so neither packets nor time cost memory. */
export class BitrateMeter {
  readonly #bytes = new Float64Array(BUCKETS);
  #startedAtMs = Number.NaN;
  /** Number of the newest bucket, counted from time zero. */
  #newest = 0;

  record(nowMs: number, sizeBytes: number): void {
    this.#advanceTo(nowMs);
    this.#bytes[this.#newest % BUCKETS] += sizeBytes;
  }

  /** @returns 0 before the first packet, and after a second without any */
  bitrateBps(nowMs: number): number {
    this.#advanceTo(nowMs);
    let bytes = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) bytes += this.#bytes[bucket];
    const oldestMs = Math.max(this.#startedAtMs, (this.#newest - BUCKETS + 1) * BUCKET_MS);
    return (bytes * 8000) / Math.max(nowMs - oldestMs, MIN_WINDOW_MS);
  }

  #advanceTo(nowMs: number): void {
    const bucket = Math.floor(nowMs / BUCKET_MS);
    if (Number.isNaN(this.#startedAtMs)) {
      this.#startedAtMs = nowMs;
      this.#newest = bucket;
    }
    const stale = Math.min(bucket - this.#newest, BUCKETS);
    for (let age = 0; age < stale; age++) this.#bytes[(bucket - age) % BUCKETS] = 0;
    this.#newest = bucket;
  }
}
