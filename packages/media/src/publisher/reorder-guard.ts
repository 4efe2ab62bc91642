/**
 * How long a missing packet is given to turn up by itself before it is asked for: little where the path keeps packets in
 * order, more for a while after it has not. Asking too soon costs the publisher a needless retransmission, asking too late
 * costs every subscriber the delay.
 */
const MIN_DELAY_MS = 5;
/** 30 ms of jitter hold a packet back by about so much. */
const MAX_DELAY_MS = 40;
/** How much later than the latest packet so far the next one may well be. */
const DELAY_MARGIN = 1.5;
/** As TCP does: on a path that keeps order, three newer packets prove a loss (RFC 5681 §3.2). */
const NEWER_PACKETS = 3;
/** How long one reordered packet is remembered. */
const MEMORY_MS = 10_000;

export class ReorderGuard {
  #delayMs = MIN_DELAY_MS;
  #newerPackets = NEWER_PACKETS;
  #forgetAtMs = Number.NEGATIVE_INFINITY;

  /** How long to wait before the first request. */
  delayMs(nowMs: number): number {
    return nowMs < this.#forgetAtMs ? this.#delayMs : MIN_DELAY_MS;
  }

  /** After how many newer packets to wait no longer; Infinity while the path is known to overtake further than that. */
  newerPackets(nowMs: number): number {
    return nowMs < this.#forgetAtMs ? this.#newerPackets : NEWER_PACKETS;
  }

  /**
   * A packet arrived late that had not been sent again.
   *
   * @param latenessMs since a newer packet revealed the gap
   * @param overtakenBy how many newer packets had arrived before it
   */
  recordLate(nowMs: number, latenessMs: number, overtakenBy: number): void {
    const delayMs = Math.min(MAX_DELAY_MS, latenessMs * DELAY_MARGIN);
    this.#delayMs = Math.max(this.delayMs(nowMs), delayMs);
    this.#newerPackets = overtakenBy >= NEWER_PACKETS ? Number.POSITIVE_INFINITY : this.newerPackets(nowMs);
    this.#forgetAtMs = nowMs + MEMORY_MS;
  }
}
