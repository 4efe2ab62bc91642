/** Every switch costs a keyframe, which a small difference in bitrate is not worth. The layers of browsers differ by a factor of 2 to 4. */
const SWITCH_RATIO = 1.25;

/** A layer that arrives; `ReceiveStream` implements it. */
export interface OrderedLayer {
  readonly rid: string;
  readonly rate: { readonly bps: number };
  /** Width of the picture in pixels; 0 while it is unknown. */
  readonly width: number;
  readonly height: number;
}

/**
 * The arriving layers of a publication, best first: by size of the picture, and for the same size by bitrate. Subscribers are sent the
 * first if there is room for it, and every change of the order costs a keyframe. A higher bitrate therefore counts only if it is clearly
 * higher.
 */
export class LayerOrder {
  #rids: readonly string[] = [];

  /** Best first. */
  get rids(): readonly string[] {
    return this.#rids;
  }

  /** @returns true if the layers or their order have changed */
  update(arriving: readonly OrderedLayer[]): boolean {
    const before = this.#rids;
    this.#rids = this.#sorted(arriving).map(({ rid }) => rid);
    return this.#rids.length !== before.length || this.#rids.some((rid, place) => rid !== before[place]);
  }

  #sorted(arriving: readonly OrderedLayer[]): OrderedLayer[] {
    const known = this.#rids.map((rid) => arriving.find((layer) => layer.rid === rid)).filter((layer) => layer !== undefined);
    const sorted = [...known, ...arriving.filter((layer) => !known.includes(layer))];
    for (let from = 1; from < sorted.length; from++) {
      const layer = sorted[from];
      let to = from;
      while (to > 0 && isBetter(layer, sorted[to - 1])) to--;
      sorted.splice(from, 1);
      sorted.splice(to, 0, layer);
    }
    return sorted;
  }
}

function isBetter(one: OrderedLayer, other: OrderedLayer): boolean {
  const [pixels, otherPixels] = [one.width * one.height, other.width * other.height];
  if (pixels > 0 && otherPixels > 0 && pixels !== otherPixels) return pixels > otherPixels;
  return one.rate.bps > other.rate.bps * SWITCH_RATIO;
}
