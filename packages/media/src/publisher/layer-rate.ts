/** Measures what a layer costs a subscriber's path, smoothed so that one large frame does not cause a switch. */

/** Bytes per packet for UDP, IPv4 and SRTP's tag, which `ReceptionStatistics` does not count. */
const OVERHEAD_BYTES = 28 + 10;
/** A keyframe is many times larger than an ordinary frame. What matters for a path is the average over seconds. */
const SMOOTHING_MS = 3000;
/** Until then there is too little to smooth. */
const SETTLING_MS = 1000;
/** A layer that was not updated for this long did not arrive, because its publisher had stopped it. */
const PAUSED_MS = 1500;
/** Encoders and their congestion control take this long to bring a new layer to its final rate. */
const NEW_FOR_MS = 2500;

/** What has been received of a layer; `ReceptionStatistics` implements it. */
export interface LayerTraffic {
  readonly packetsReceived: number;
  readonly bytesReceived: number;
  bitrateBps(nowMs: number): number;
}

export class LayerRate {
  #bps = 0;
  #beganAtMs = Number.NaN;
  #updatedAtMs = Number.NaN;
  /** Its rate before the last pause. In its first moments a resumed layer seems to cost next to nothing. */
  #formerBps = 0;

  /** As of the last update, in bit/s; 0 before the first. */
  get bps(): number {
    return this.#bps;
  }

  /** Whether the layer has just started or resumed, so that its final cost is not known yet. */
  isNew(nowMs: number): boolean {
    return Number.isNaN(this.#beganAtMs) || nowMs - this.#beganAtMs < NEW_FOR_MS;
  }

  /** Adds the current rate to the average. @returns the smoothed rate on the wire, in bit/s */
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
