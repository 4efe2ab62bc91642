/** What the layers of a stream cost a subscriber's path. */

/** Bytes per packet for UDP, IPv4 and SRTP's tag, which `ReceptionStatistics` does not count. */
const OVERHEAD_BYTES = 28 + 10;
/** A keyframe is many times larger than an ordinary frame. What matters for a path is the average over seconds. */
const SMOOTHING_MS = 3000;
/** How long it takes until there is enough to smooth. */
const SETTLING_MS = 1000;
/** A layer that was not updated for this long did not arrive, because its publisher had stopped it. */
const PAUSED_MS = 1500;
/** Encoders and their congestion control take this long to bring a new layer to its final rate. */
const NEW_FOR_MS = 2500;
/** RFC 7741 has two bits for the temporal layer; other codecs do not send more layers either. */
const MAX_LAYERS = 4;
/** One or two seconds of a camera: long enough for each pattern of layers, and short enough to follow a change. */
const FORGET_AFTER_PICTURES = 64;

/** What has been received of a layer; `ReceptionStatistics` implements it. */
export interface LayerTraffic {
  readonly packetsReceived: number;
  readonly bytesReceived: number;
  bitrateBps(nowMs: number): number;
}

/** Measures what a layer costs, smoothed so that one large frame does not cause a switch. */
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

/** How the bytes and the pictures of a stream are divided among its spatial and temporal layers. */
export class LayerShares {
  /** Indexed by spatial layer, then by temporal layer. */
  readonly #bytes = new Float64Array(MAX_LAYERS * MAX_LAYERS);
  /** Indexed by temporal layer. */
  readonly #pictures = new Float64Array(MAX_LAYERS);
  #picturesSinceHalved = 0;
  #temporalCount = 0;
  #spatialCount = 0;

  /** Number of temporal layers; 0 while it is unknown. */
  get temporalCount(): number {
    return this.#temporalCount;
  }

  get spatialCount(): number {
    return this.#spatialCount;
  }

  /** Counts a packet. @param isPictureEnd whether it is the last packet of its picture */
  note(spatialId: number, temporalId: number, sizeBytes: number, isPictureEnd: boolean): void {
    if (temporalId >= MAX_LAYERS || spatialId >= MAX_LAYERS) return;
    this.#bytes[spatialId * MAX_LAYERS + temporalId] += sizeBytes;
    if (!isPictureEnd) return;
    this.#pictures[temporalId]++;
    if (++this.#picturesSinceHalved >= FORGET_AFTER_PICTURES) this.#forget();
  }

  /** The share of all bytes that is in these layers and those below, 0 to 1. */
  bytesUpTo(spatialId: number, temporalId: number): number {
    let upTo = 0;
    let all = 0;
    for (let spatial = 0; spatial < MAX_LAYERS; spatial++) {
      for (let temporal = 0; temporal < MAX_LAYERS; temporal++) {
        const bytes = this.#bytes[spatial * MAX_LAYERS + temporal];
        all += bytes;
        if (spatial <= spatialId && temporal <= temporalId) upTo += bytes;
      }
    }
    return all === 0 ? 1 : upTo / all;
  }

  /** The share of all pictures that is in this temporal layer and those below, 0 to 1. */
  picturesUpTo(temporalId: number): number {
    let upTo = 0;
    let all = 0;
    for (let temporal = 0; temporal < MAX_LAYERS; temporal++) {
      all += this.#pictures[temporal];
      if (temporal <= temporalId) upTo += this.#pictures[temporal];
    }
    return all === 0 ? 1 : upTo / all;
  }

  /** Halves all counts, so that older pictures weigh less, and counts the layers again. */
  #forget(): void {
    this.#picturesSinceHalved = 0;
    this.#temporalCount = 0;
    this.#spatialCount = 0;
    for (let temporal = 0; temporal < MAX_LAYERS; temporal++) {
      // A count of one picture may be the remainder of a layer that is no longer sent.
      if (this.#pictures[temporal] > 1) this.#temporalCount = temporal + 1;
      this.#pictures[temporal] /= 2;
    }
    for (let place = 0; place < this.#bytes.length; place++) {
      if (this.#bytes[place] >= 1000) this.#spatialCount = Math.max(this.#spatialCount, Math.floor(place / MAX_LAYERS) + 1);
      this.#bytes[place] /= 2;
    }
  }
}
