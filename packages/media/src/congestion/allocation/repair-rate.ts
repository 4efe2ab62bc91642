/** What repairing losses costs a path, evenly enough that one burst of them is no reason to switch. */

const SMOOTHING_MS = 3000;

export class RepairRate {
  #bytes = 0;
  #atMs = Number.NaN;
  #bps = 0;

  /** @param bytesResent of everything that the peer receives now. @returns the smoothed rate in bit/s */
  update(nowMs: number, bytesResent: number): number {
    const elapsedMs = nowMs - this.#atMs;
    // Several changes may be looked at within a moment, which says nothing of a rate.
    if (elapsedMs <= 0) return this.#bps;
    // A track that ends takes its count along.
    const grownBytes = Math.max(0, bytesResent - this.#bytes);
    if (!Number.isNaN(elapsedMs)) this.#bps += (1 - Math.exp(-elapsedMs / SMOOTHING_MS)) * ((8000 * grownBytes) / elapsedMs - this.#bps);
    this.#atMs = nowMs;
    this.#bytes = bytesResent;
    return this.#bps;
  }
}
