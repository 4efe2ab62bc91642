/** What a layer costs a subscriber's path, evenly enough that one large frame is no reason to switch. */

/** UDP, IPv4 and SRTP's tag, which `ReceptionStatistics` does not count. */
const OVERHEAD_BYTES = 28 + 10;
/** A keyframe is many times an ordinary frame; the path is shared by what comes over seconds. */
const SMOOTHING_MS = 3000;
/** Until then there is nothing to smooth with. */
const SETTLING_MS = 1000;
/** A layer that was not looked at for so long did not arrive: its publisher had given it up. */
const PAUSED_MS = 1500;
/** Encoders and their congestion control take so long to come to the rate of a layer that they have begun. */
const NEW_FOR_MS = 2500;

/** What has been received of a layer; `ReceptionStatistics` is one. */
export interface LayerTraffic {
  readonly packetsReceived: number;
  readonly bytesReceived: number;
  bitrateBps(nowMs: number): number;
}

export class LayerRate {
  #bps = 0;
  #beganAtMs = Number.NaN;
  #updatedAtMs = Number.NaN;
  /** What it cost before it paused: in its first moments it seems to cost next to nothing. */
  #formerBps = 0;

  /** As of the last update, in bit/s; 0 before the first. */
  get bps(): number {
    return this.#bps;
  }

  /** It has begun to arrive, or begun again, and what it will cost is not known yet. */
  isNew(nowMs: number): boolean {
    return Number.isNaN(this.#beganAtMs) || nowMs - this.#beganAtMs < NEW_FOR_MS;
  }

  /** Takes the rate of this moment in. @returns the smoothed rate in bit/s, on the wire */
  update(nowMs: number, traffic: LayerTraffic): number {
    const { packetsReceived, bytesReceived } = traffic;
    if (bytesReceived === 0) return this.#bps;
    const measuredBps = traffic.bitrateBps(nowMs) * (1 + (OVERHEAD_BYTES * packetsReceived) / bytesReceived);
    if (Number.isNaN(this.#beganAtMs) || nowMs - this.#updatedAtMs > PAUSED_MS) {
      this.#beganAtMs = nowMs;
      this.#formerBps = this.#bps;
    }
    const isSettling = nowMs - this.#beganAtMs <= SETTLING_MS;
    const gain = 1 - Math.exp(-(nowMs - this.#updatedAtMs) / SMOOTHING_MS);
    if (isSettling) this.#bps = Math.max(measuredBps, this.#formerBps);
    else this.#bps += gain * (measuredBps - this.#bps);
    this.#updatedAtMs = nowMs;
    return this.#bps;
  }
}
