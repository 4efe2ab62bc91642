/** How the bytes and the pictures of a stream are divided among its spatial and temporal layers. */

/** RFC 7741 has two bits for the temporal layer; other codecs send no more layers than that either. */
const MAX_LAYERS = 4;
/** A second or two of a camera: long enough for each pattern of layers, short enough to follow a change. */
const FORGET_AFTER_PICTURES = 64;

export class LayerShares {
  /** By spatial layer, then by temporal layer. */
  readonly #bytes = new Float64Array(MAX_LAYERS * MAX_LAYERS);
  /** By temporal layer. */
  readonly #pictures = new Float64Array(MAX_LAYERS);
  #picturesSinceHalved = 0;
  #temporalCount = 0;
  #spatialCount = 0;

  /** How many there are; 0 as long as none have been told. */
  get temporalCount(): number {
    return this.#temporalCount;
  }

  get spatialCount(): number {
    return this.#spatialCount;
  }

  /** @param isPictureEnd it is the last packet of its picture */
  note(spatialId: number, temporalId: number, sizeBytes: number, isPictureEnd: boolean): void {
    if (temporalId >= MAX_LAYERS || spatialId >= MAX_LAYERS) return;
    this.#bytes[spatialId * MAX_LAYERS + temporalId] += sizeBytes;
    if (!isPictureEnd) return;
    this.#pictures[temporalId]++;
    if (++this.#picturesSinceHalved >= FORGET_AFTER_PICTURES) this.#forget();
  }

  /** Share of all bytes that the layers up to these have, 0 to 1. */
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

  /** Share of all pictures that the temporal layers up to this one have, 0 to 1. */
  picturesUpTo(temporalId: number): number {
    let upTo = 0;
    let all = 0;
    for (let temporal = 0; temporal < MAX_LAYERS; temporal++) {
      all += this.#pictures[temporal];
      if (temporal <= temporalId) upTo += this.#pictures[temporal];
    }
    return all === 0 ? 1 : upTo / all;
  }

  /** What is old counts for half with every round. */
  #forget(): void {
    this.#picturesSinceHalved = 0;
    this.#temporalCount = 0;
    this.#spatialCount = 0;
    for (let temporal = 0; temporal < MAX_LAYERS; temporal++) {
      // One picture in so many is what is left of a layer that is not sent any more.
      if (this.#pictures[temporal] > 1) this.#temporalCount = temporal + 1;
      this.#pictures[temporal] /= 2;
    }
    for (let place = 0; place < this.#bytes.length; place++) {
      if (this.#bytes[place] >= 1000) this.#spatialCount = Math.max(this.#spatialCount, Math.floor(place / MAX_LAYERS) + 1);
      this.#bytes[place] /= 2;
    }
  }
}
