/** Measures the bitrate of retransmissions, smoothed so that one burst of losses does not cause a switch. */

const SMOOTHING_MS = 3000;

export class RepairRate {
  #bytes = 0;
  #atMs = Number.NaN;
  #bps = 0;

  /** @param bytesResent total of all tracks that the peer receives now. @returns the smoothed rate in bit/s */
  update(nowMs: number, bytesResent: number): number {
    const elapsedMs = nowMs - this.#atMs;
    // Several updates within one moment say nothing about a rate.
    if (elapsedMs <= 0) return this.#bps;
    // The total falls when a track ends.
    const grownBytes = Math.max(0, bytesResent - this.#bytes);
    if (!Number.isNaN(elapsedMs)) this.#bps += (1 - Math.exp(-elapsedMs / SMOOTHING_MS)) * ((8000 * grownBytes) / elapsedMs - this.#bps);
    this.#atMs = nowMs;
    this.#bytes = bytesResent;
    return this.#bps;
  }
}
