/**
 * What a publication can be had as at this moment: its layers that arrive, the least wanted first,
 * each with its cost. One catalogue serves all subscribers.
 */
import { LayerOrder } from './layer-order.ts';
import type { ReceiveStream } from './receive-stream.ts';

/** Rates move slowly, and a thousand subscribers ask in the same moment. */
const REFRESH_MS = 100;
/** Least frame rate at which a picture larger than the smallest is offered. */
const LEAST_FRAMES_PER_SECOND = 12;
/** More than any codec has. */
export const ALL_LAYERS = 7;

/** One way to forward a publication. */
export interface LayerOption {
  readonly stream: ReceiveStream;
  /** Layers above are left out; `ALL_LAYERS` for none. */
  readonly maxSpatialId: number;
  readonly maxTemporalId: number;
  /** Width of the picture, in pixels; 0 while it is unknown. */
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  /** On the wire, in bit/s, smoothed over seconds. */
  readonly costBps: number;
  /** It has just begun to arrive, and may cost far more in a moment. */
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
   * Looks at the layers again.
   *
   * @param arriving in any order
   * @returns true if there are others than last time, or their order has changed
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

/** A stream with ever more of the layers within it. */
function optionsOf(nowMs: number, stream: ReceiveStream, isLowest: boolean): readonly LayerOption[] {
  const whole = wholeOf(nowMs, stream);
  const { shares } = stream;
  if (shares === undefined) return [whole];
  const { spatialCount, temporalCount } = shares;
  const options: LayerOption[] = [];
  for (let spatialId = 0; spatialId < spatialCount; spatialId++) {
    for (let temporalId = 0; temporalId < temporalCount; temporalId++) {
      const framesPerSecond = whole.framesPerSecond * shares.picturesUpTo(temporalId);
      // A smaller picture that moves is better than a larger one that stutters; below the smallest there is nothing else.
      if ((!isLowest || spatialId > 0) && framesPerSecond < LEAST_FRAMES_PER_SECOND) continue;
      // Encoders halve the picture from one spatial layer to the next.
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

/** The stream with all that is in it. */
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
