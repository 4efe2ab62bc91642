/**
 * What a publication can be had as at this moment: its layers that arrive, the least wanted first,
 * each with its cost. One catalogue serves all subscribers.
 */
import { LayerOrder } from './layer-order.ts';
import type { ReceiveStream } from './receive-stream.ts';

/** Rates move slowly, and a thousand subscribers ask in the same moment. */
const REFRESH_MS = 100;
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
    this.#options = best.map((stream) => wholeOf(nowMs, stream)).reverse();
    return hasChanged;
  }
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
