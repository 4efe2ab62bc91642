/**
 * Measures the round-trip time, and derives the retransmission timeout.
 *
 * @see RFC 9260 §6.3
 */

/** Lower than the RFC's second, as in all SCTP stacks for WebRTC, because a longer delay after a lost tail is noticeable. */
const INITIAL_RTO_MS = 500;
const MIN_RTO_MS = 400;
/** Lower than the RFC's minute. A peer that is gone loses its consent; one that returns before that must not wait longer than this. */
const MAX_RTO_MS = 5_000;
const SMOOTHING = 1 / 8;
const VARIATION_SMOOTHING = 1 / 4;

export class RoundTrip {
  /** Undefined before the first measurement. */
  smoothedMs: number | undefined = undefined;
  minMs = Number.POSITIVE_INFINITY;
  #variationMs = 0;
  #timeouts = 0;

  /** How long to wait for an acknowledgement. Doubled by every timeout since the last progress. */
  get rtoMs(): number {
    const { smoothedMs } = this;
    const measuredMs = smoothedMs === undefined ? INITIAL_RTO_MS : Math.max(MIN_RTO_MS, smoothedMs + 4 * this.#variationMs);
    return Math.min(measuredMs * 2 ** this.#timeouts, MAX_RTO_MS);
  }

  /** @param rttMs of a chunk that was sent only once (Karn's rule) */
  measure(rttMs: number): void {
    this.minMs = Math.min(this.minMs, rttMs);
    if (this.smoothedMs === undefined) {
      this.smoothedMs = rttMs;
      this.#variationMs = rttMs / 2;
      return;
    }
    this.#variationMs += VARIATION_SMOOTHING * (Math.abs(this.smoothedMs - rttMs) - this.#variationMs);
    this.smoothedMs += SMOOTHING * (rttMs - this.smoothedMs);
  }

  backOff(): void {
    if (this.rtoMs < MAX_RTO_MS) this.#timeouts++;
  }

  /** Ends the back-off, because something new was acknowledged. */
  endBackOff(): void {
    this.#timeouts = 0;
  }
}
