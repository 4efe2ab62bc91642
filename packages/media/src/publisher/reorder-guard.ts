/**
 * How long to wait for a missing packet before it is requested: briefly while the path keeps packets in order, and longer for a while after
 * it has not. A request that is too early costs the publisher a needless retransmission; one that is too late delays every subscriber.
 */
const MIN_DELAY_MS = 5;
/** Jitter of 30 ms delays a packet by about this much. */
const MAX_DELAY_MS = 40;
/** The next reordered packet may be this many times later than the latest so far. */
const DELAY_MARGIN = 1.5;
/** On a path that keeps order, three newer packets indicate a loss, as in TCP (RFC 5681 §3.2). */
const NEWER_PACKETS = 3;
/** How long a reordered packet is remembered. */
const MEMORY_MS = 10_000;

export class ReorderGuard {
  #delayMs = MIN_DELAY_MS;
  #newerPackets = NEWER_PACKETS;
  #forgetAtMs = Number.NEGATIVE_INFINITY;

  /** How long to wait before the first request. */
  delayMs(nowMs: number): number {
    return nowMs < this.#forgetAtMs ? this.#delayMs : MIN_DELAY_MS;
  }

  /** After how many newer packets to stop waiting; Infinity while the path is known to reorder by more than that. */
  newerPackets(nowMs: number): number {
    return nowMs < this.#forgetAtMs ? this.#newerPackets : NEWER_PACKETS;
  }

  /**
   * Records a packet that arrived late without having been requested.
   *
   * @param latenessMs time since a newer packet revealed the gap
   * @param overtakenBy how many newer packets arrived before it
   */
  recordLate(nowMs: number, latenessMs: number, overtakenBy: number): void {
    const delayMs = Math.min(MAX_DELAY_MS, latenessMs * DELAY_MARGIN);
    this.#delayMs = Math.max(this.delayMs(nowMs), delayMs);
    this.#newerPackets = overtakenBy >= NEWER_PACKETS ? Number.POSITIVE_INFINITY : this.newerPackets(nowMs);
    this.#forgetAtMs = nowMs + MEMORY_MS;
  }
}
