/** What a layer costs a subscriber's path, evenly enough that one large frame is no reason to switch. */

/** UDP, IPv4 and SRTP's tag, which `ReceptionStatistics` does not count. */
const OVERHEAD_BYTES = 28 + 10;
/** A keyframe is many times an ordinary frame; the path is shared by what comes over seconds. */
const SMOOTHING_MS = 3000;
/** Until then there is nothing to smooth with. */
const SETTLING_MS = 1000;

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

  /** As of the last update, in bit/s; 0 before the first. */
  get bps(): number {
    return this.#bps;
  }

  /** Takes the rate of this moment in. @returns the smoothed rate in bit/s, on the wire */
  update(nowMs: number, traffic: LayerTraffic): number {
    const { packetsReceived, bytesReceived } = traffic;
    if (bytesReceived === 0) return this.#bps;
    const measuredBps = traffic.bitrateBps(nowMs) * (1 + (OVERHEAD_BYTES * packetsReceived) / bytesReceived);
    if (Number.isNaN(this.#beganAtMs)) this.#beganAtMs = nowMs;
    const isSettling = nowMs - this.#beganAtMs <= SETTLING_MS;
    const gain = isSettling ? 1 : 1 - Math.exp(-(nowMs - this.#updatedAtMs) / SMOOTHING_MS);
    this.#bps += gain * (measuredBps - this.#bps);
    this.#updatedAtMs = nowMs;
    return this.#bps;
  }
}
