/**
 * The most that one publication may send, all layers and retransmissions together. REMB tells publishers, so the congestion control of
 * well-behaved ones stays below. Packets over the limit are dropped before they cost anything more.
 */
export const MAX_TRACK_BITRATE_BPS = 8_000_000;
/** On a link, this covers what the publisher's node has admitted plus retransmissions. */
export const MAX_LINK_TRACK_BITRATE_BPS = 1.5 * MAX_TRACK_BITRATE_BPS;

export class UploadLimit {
  readonly #maxBitrateBps: number;
  /** Allows a keyframe of one second's worth at once. */
  readonly #burstBytes: number;
  #tokensBytes: number;
  #refilledAtMs = Number.NEGATIVE_INFINITY;

  constructor(maxBitrateBps = MAX_TRACK_BITRATE_BPS) {
    this.#maxBitrateBps = maxBitrateBps;
    this.#burstBytes = maxBitrateBps / 8;
    this.#tokensBytes = this.#burstBytes;
  }

  /** @returns false if the packet is over the limit and must be dropped */
  admit(nowMs: number, sizeBytes: number): boolean {
    const earnedBytes = ((nowMs - this.#refilledAtMs) * this.#maxBitrateBps) / 8000;
    this.#tokensBytes = Math.min(this.#burstBytes, this.#tokensBytes + earnedBytes);
    this.#refilledAtMs = nowMs;
    if (this.#tokensBytes < sizeBytes) return false;
    this.#tokensBytes -= sizeBytes;
    return true;
  }
}
