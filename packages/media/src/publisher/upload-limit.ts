/**
 * What one publication may send, all layers and retransmissions together. Well-behaved publishers are told (REMB, and their
 * own congestion control stays below); what goes over it is thrown away before it costs anything more.
 */
export const MAX_TRACK_BITRATE_BPS = 8_000_000;
/** A keyframe of a second's worth may come at once. */
const BURST_BYTES = MAX_TRACK_BITRATE_BPS / 8;

export class UploadLimit {
  #tokensBytes = BURST_BYTES;
  #refilledAtMs = Number.NEGATIVE_INFINITY;

  /** @returns false if the packet is over the limit and must be dropped */
  admit(nowMs: number, sizeBytes: number): boolean {
    const earnedBytes = ((nowMs - this.#refilledAtMs) * MAX_TRACK_BITRATE_BPS) / 8000;
    this.#tokensBytes = Math.min(BURST_BYTES, this.#tokensBytes + earnedBytes);
    this.#refilledAtMs = nowMs;
    if (this.#tokensBytes < sizeBytes) return false;
    this.#tokensBytes -= sizeBytes;
    return true;
  }
}
