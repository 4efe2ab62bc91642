/**
 * What a publication can be had as at this moment: its layers that arrive, the least wanted first,
 * each with its cost. One catalogue serves all subscribers.
 */
import { LayerOrder } from './layer-order.ts';
import type { ReceiveStream } from './receive-stream.ts';

/** Rates move slowly, and a thousand subscribers ask in the same moment. */
const REFRESH_MS = 100;

/** One way to forward a publication. */
export interface LayerOption {
  readonly stream: ReceiveStream;
  /** On the wire, in bit/s, smoothed over seconds. */
  readonly costBps: number;
}

export class LayerCatalogue {
  readonly #order = new LayerOrder();
  #options: readonly LayerOption[] = [];
  #refreshedAtMs = Number.NEGATIVE_INFINITY;

  /** Ascending in quality and in cost: whatever costs more than something better is left out. */
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
    const rates = new Map(arriving.map((stream) => [stream.rid, stream.rate.update(nowMs, stream.statistics)]));
    const hasChanged = this.#order.update(
      arriving.map(({ rid }) => rid),
      rates,
    );
    const best = this.#order.rids.map((rid) => arriving.find((stream) => stream.rid === rid)).filter((stream) => stream !== undefined);
    this.#options = withoutWaste(best.map((stream) => ({ stream, costBps: rates.get(stream.rid) ?? 0 })));
    return hasChanged;
  }
}

/** @param options best first @returns the best last, without those that cost as much as a better one */
function withoutWaste(options: readonly LayerOption[]): readonly LayerOption[] {
  const kept: LayerOption[] = [];
  for (const option of options) {
    const better = kept[0];
    if (better === undefined || option.costBps < better.costBps) kept.unshift(option);
  }
  return kept;
}
