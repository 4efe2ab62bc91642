/**
 * Limits the bytes that one subscriber's retransmissions may take to a share of its stream. A peer that requests everything again cannot
 * use the SFU as an amplifier.
 */

const MAX_SHARE_OF_STREAM = 0.2;
/** The losses of a burst this long may be repaired at once. */
const BURST_MS = 100;
/** For streams with so low a bitrate that a fifth of it would repair nothing. It allows for the loss of one audio packet in five. */
const MIN_RATE_BPS = 40_000;
/** Ten full packets, about what a short burst of loss takes out of a keyframe. */
const MIN_BURST_BYTES = 12_000;
/** Small packets take as much work as large ones. */
const MAX_BURST_PACKETS = 128;

export class ResendBudget {
  #tokensBytes = MIN_BURST_BYTES;
  #refilledAtMs = Number.NEGATIVE_INFINITY;
  #burstStartedAtMs = Number.NEGATIVE_INFINITY;
  #burstPackets = 0;

  /**
   * Takes the size of a retransmission from the budget.
   *
   * @param streamBps present bitrate of the stream
   * @returns false if the packet must not be sent; the budget is then unchanged
   */
  allow(nowMs: number, sizeBytes: number, streamBps: number): boolean {
    this.#refill(nowMs, streamBps);
    if (this.#tokensBytes < sizeBytes || this.#burstPackets >= MAX_BURST_PACKETS) return false;
    this.#tokensBytes -= sizeBytes;
    this.#burstPackets++;
    return true;
  }

  #refill(nowMs: number, streamBps: number): void {
    const refillBps = Math.max(streamBps * MAX_SHARE_OF_STREAM, MIN_RATE_BPS);
    const burstBytes = Math.max((streamBps * BURST_MS) / 8000, MIN_BURST_BYTES);
    const earnedBytes = (refillBps * (nowMs - this.#refilledAtMs)) / 8000;
    this.#tokensBytes = Math.min(this.#tokensBytes + earnedBytes, burstBytes);
    this.#refilledAtMs = nowMs;
    if (nowMs - this.#burstStartedAtMs < BURST_MS) return;
    this.#burstStartedAtMs = nowMs;
    this.#burstPackets = 0;
  }
}
