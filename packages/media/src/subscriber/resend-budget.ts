/**
 * How many bytes of retransmissions one subscriber may cause: a share of what it is sent anyway, so that a peer that asks
 * for everything again cannot turn the SFU into an amplifier.
 */

const MAX_SHARE_OF_STREAM = 0.2;
/** A burst of loss as long as this may be repaired at once. */
const BURST_MS = 100;
/** For streams so thin, or so quiet just now, that a fifth of them repairs nothing: an audio packet lost in every five. */
const MIN_RATE_BPS = 40_000;
/** Ten full packets: what a short burst takes out of a keyframe. */
const MIN_BURST_BYTES = 12_000;
/** Small packets cost as much work as large ones. */
const MAX_BURST_PACKETS = 128;

export class ResendBudget {
  #tokensBytes = MIN_BURST_BYTES;
  #refilledAtMs = Number.NEGATIVE_INFINITY;
  #burstStartedAtMs = Number.NEGATIVE_INFINITY;
  #burstPackets = 0;

  /**
   * Takes the size of a retransmission from the budget.
   *
   * @param streamBps what the stream has at present
   * @returns false if it must not be sent; nothing is taken then
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
