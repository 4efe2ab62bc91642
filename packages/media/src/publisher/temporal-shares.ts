/** How the bytes and the frames of a layer are divided among its temporal layers. */

/** RFC 7741 has two bits for the temporal layer; other codecs send no more layers than that either. */
const MAX_LAYERS = 4;
/** A second or two of a camera: long enough for each pattern of layers, short enough to follow a change. */
const FORGET_AFTER_FRAMES = 64;

export class TemporalShares {
  readonly #bytes = new Float64Array(MAX_LAYERS);
  readonly #frames = new Float64Array(MAX_LAYERS);
  #framesSinceHalved = 0;
  #count = 0;

  /** How many temporal layers there are; 0 as long as none have been told. */
  get count(): number {
    return this.#count;
  }

  /** @param isFrameEnd it is the last packet of its picture */
  note(temporalId: number, sizeBytes: number, isFrameEnd: boolean): void {
    if (temporalId >= MAX_LAYERS) return;
    this.#bytes[temporalId] += sizeBytes;
    if (!isFrameEnd) return;
    this.#frames[temporalId]++;
    if (++this.#framesSinceHalved >= FORGET_AFTER_FRAMES) this.#forget();
  }

  /** Of all bytes, those of the temporal layers up to this one, 0 to 1. */
  bytesUpTo(temporalId: number): number {
    return shareUpTo(this.#bytes, temporalId);
  }

  /** Of all frames, those of the temporal layers up to this one, 0 to 1. */
  framesUpTo(temporalId: number): number {
    return shareUpTo(this.#frames, temporalId);
  }

  /** What is old counts for half with every round. */
  #forget(): void {
    this.#framesSinceHalved = 0;
    this.#count = 0;
    for (let layer = 0; layer < MAX_LAYERS; layer++) {
      // A frame or less in so many is what is left of a layer that is not sent any more.
      if (this.#frames[layer] > 1) this.#count = layer + 1;
      this.#frames[layer] /= 2;
      this.#bytes[layer] /= 2;
    }
  }
}

function shareUpTo(amounts: Float64Array, temporalId: number): number {
  let upTo = 0;
  let all = 0;
  for (let layer = 0; layer < amounts.length; layer++) {
    all += amounts[layer];
    if (layer <= temporalId) upTo += amounts[layer];
  }
  return all === 0 ? 1 : upTo / all;
}
