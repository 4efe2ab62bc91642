/**
 * Buffers in which the fragments of messages are joined. They are reused, because V8 zeroes each new one, and collects garbage in the whole
 * heap whenever 64 MB of them have been allocated.
 */

/** A peer may send many messages of a few bytes that it never completes, so these take little memory. */
const MIN_BITS = 6;
/** Shorter buffers are not worth keeping. */
const MIN_KEPT_BITS = 11;
/** Room for the longest message, which takes one more bit than its length. */
const MAX_KEPT_BITS = 19;
/** Usually no more messages of one size are incomplete at the same time. Together, unused buffers take at most 4 MiB. */
const MAX_FREE_OF_SIZE = 4;

export class JoinBuffers {
  readonly #free: Uint8Array<ArrayBuffer>[][] = Array.from({ length: MAX_KEPT_BITS - MIN_KEPT_BITS + 1 }, () => []);

  /**
   * Returns a buffer with arbitrary contents, whose length is the next power of two.
   *
   * @param minBytes how many bytes must fit
   */
  take(minBytes: number): Uint8Array<ArrayBuffer> {
    const bits = Math.max(MIN_BITS, 32 - Math.clz32(minBytes - 1));
    return this.#free[bits - MIN_KEPT_BITS]?.pop() ?? new Uint8Array(2 ** bits);
  }

  /** Takes back a buffer that is not used any more. */
  give(buffer: Uint8Array<ArrayBuffer>): void {
    const free = this.#free[31 - Math.clz32(buffer.length) - MIN_KEPT_BITS];
    if (free !== undefined && free.length < MAX_FREE_OF_SIZE) free.push(buffer);
  }
}
