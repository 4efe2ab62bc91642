/**
 * What a publication can be had as at this moment: its layers that arrive, the least wanted first,
 * each with its cost. One catalogue serves all subscribers.
 */
import { LayerOrder } from './layer-order.ts';
import type { ReceiveStream } from './receive-stream.ts';

/** Rates move slowly, and a thousand subscribers ask in the same moment. */
const REFRESH_MS = 100;
/** Of a larger picture than the smallest. */
const LEAST_FRAMES_PER_SECOND = 12;
/** More than any codec has. */
export const ALL_TEMPORAL_LAYERS = 7;

/** One way to forward a publication. */
export interface LayerOption {
  readonly stream: ReceiveStream;
  /** Temporal layers above are left out; `ALL_TEMPORAL_LAYERS` for none. */
  readonly maxTemporalId: number;
  readonly framesPerSecond: number;
  /** On the wire, in bit/s, smoothed over seconds. */
  readonly costBps: number;
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

/** A layer with ever more of its temporal layers. */
function optionsOf(nowMs: number, stream: ReceiveStream, isLowest: boolean): readonly LayerOption[] {
  const whole = wholeOf(nowMs, stream);
  const { temporal } = stream;
  const options: LayerOption[] = [];
  for (let maxTemporalId = 0; maxTemporalId + 1 < (temporal?.count ?? 0); maxTemporalId++) {
    const framesPerSecond = whole.framesPerSecond * (temporal?.framesUpTo(maxTemporalId) ?? 1);
    // A smaller picture that moves is better than a larger one that stutters; below the smallest there is nothing else.
    if (!isLowest && framesPerSecond < LEAST_FRAMES_PER_SECOND) continue;
    options.push({ stream, maxTemporalId, framesPerSecond, costBps: stream.costBps(maxTemporalId) });
  }
  options.push(whole);
  return options;
}

/** The layer with all its temporal layers. */
export function wholeOf(nowMs: number, stream: ReceiveStream): LayerOption {
  return {
    stream,
    maxTemporalId: ALL_TEMPORAL_LAYERS,
    framesPerSecond: stream.framesPerSecond(nowMs),
    costBps: stream.rate.bps,
  };
}
