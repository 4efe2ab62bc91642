/**
 * Lists the ways in which a publication can be forwarded at present: its arriving layers in ascending quality, each with its cost. One
 * catalogue serves all subscribers.
 */
import type { ReceiveStream } from './receive-stream.ts';

/** Rates change slowly, and a thousand subscribers may ask at the same moment. */
const REFRESH_MS = 100;
/** Pictures larger than the smallest are offered only from this frame rate on. */
const LEAST_FRAMES_PER_SECOND = 12;
/** No codec has a layer id as high as this. */
export const ALL_LAYERS = 7;

/** One way to forward a publication. */
export interface LayerOption {
  readonly stream: ReceiveStream;
  /** Layers above this are dropped; `ALL_LAYERS` if none are. */
  readonly maxSpatialId: number;
  readonly maxTemporalId: number;
  /** Width of the picture in pixels; 0 while it is unknown. */
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  /** The rate on the wire, smoothed over seconds. */
  readonly costBps: number;
  /** Whether the layer has just begun to arrive, so that its cost may still grow a lot. */
  readonly isNew: boolean;
}

export class LayerCatalogue {
  readonly #order = new LayerOrder();
  #options: readonly LayerOption[] = [];
  #refreshedAtMs = Number.NEGATIVE_INFINITY;

  /** Ascending in quality. */
  get options(): readonly LayerOption[] {
    return this.#options;
  }

  /** The layers that arrive, best first. */
  get rids(): readonly string[] {
    return this.#order.rids;
  }

  isFresh(nowMs: number): boolean {
    return nowMs - this.#refreshedAtMs < REFRESH_MS;
  }

  /**
   * Updates the list of layers.
   *
   * @param arriving the streams that arrive at present, in any order
   * @returns true if other layers arrive than last time, or their order has changed
   */
  update(nowMs: number, arriving: readonly ReceiveStream[]): boolean {
    this.#refreshedAtMs = nowMs;
    for (const { rate, statistics } of arriving) rate.update(nowMs, statistics);
    const hasChanged = this.#order.update(arriving);
    const best = this.#order.rids.map((rid) => arriving.find((stream) => stream.rid === rid)).filter((stream) => stream !== undefined);
    this.#options = best.reverse().flatMap((stream, place) => optionsOf(nowMs, stream, place === 0));
    return hasChanged;
  }
}

/** The options that one stream offers, with increasing numbers of its spatial and temporal layers. */
function optionsOf(nowMs: number, stream: ReceiveStream, isLowest: boolean): readonly LayerOption[] {
  const whole = wholeOf(nowMs, stream);
  const { shares } = stream;
  if (shares === undefined) return [whole];
  const { spatialCount, temporalCount } = shares;
  const options: LayerOption[] = [];
  for (let spatialId = 0; spatialId < spatialCount; spatialId++) {
    for (let temporalId = 0; temporalId < temporalCount; temporalId++) {
      const framesPerSecond = whole.framesPerSecond * shares.picturesUpTo(temporalId);
      // A smaller picture that moves is better than a larger one that stutters. The smallest has no alternative, so all its frame rates are
      // offered.
      if ((!isLowest || spatialId > 0) && framesPerSecond < LEAST_FRAMES_PER_SECOND) continue;
      // Encoders halve the size of the picture from one spatial layer to the next.
      const smaller = spatialCount - 1 - spatialId;
      options.push({
        stream,
        maxSpatialId: smaller === 0 ? ALL_LAYERS : spatialId,
        maxTemporalId: temporalId === temporalCount - 1 ? ALL_LAYERS : temporalId,
        framesPerSecond,
        width: stream.width >> smaller,
        height: stream.height >> smaller,
        costBps: stream.costBps(spatialId, temporalId),
        isNew: whole.isNew,
      });
    }
  }
  return [...options.slice(0, -1), whole];
}

/** The option that includes all layers of the stream. */
export function wholeOf(nowMs: number, stream: ReceiveStream): LayerOption {
  return {
    stream,
    maxSpatialId: ALL_LAYERS,
    maxTemporalId: ALL_LAYERS,
    framesPerSecond: stream.framesPerSecond(nowMs),
    width: stream.width,
    height: stream.height,
    costBps: stream.rate.bps,
    isNew: stream.rate.isNew(nowMs),
  };
}

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
class LayerOrder {
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
