import { type AvailableLayer, SWITCH_RATIO } from '../congestion/allocator.ts';

/**
 * The layers of a publication that arrive, best first, for whoever relays them. Who comes first is whom a relay shows, and every change
 * costs a keyframe there too: so a layer overtakes another only where the allocator would switch to it.
 */
export class LayerOrder {
  #rids: readonly string[] = [];

  /** @returns the RIDs, highest bitrate first, if they are others than last time or in another order */
  update(nowMs: number, arriving: readonly AvailableLayer[]): readonly string[] | undefined {
    const order = this.#sorted(nowMs, arriving).map(({ rid }) => rid);
    const { length } = order;
    if (length === this.#rids.length && order.every((rid, place) => rid === this.#rids[place])) return undefined;
    this.#rids = order;
    return order;
  }

  #sorted(nowMs: number, arriving: readonly AvailableLayer[]): AvailableLayer[] {
    const known = this.#rids.map((rid) => arriving.find((layer) => layer.rid === rid)).filter((layer) => layer !== undefined);
    const sorted = [...known, ...arriving.filter((layer) => !known.includes(layer))];
    for (let from = 1; from < sorted.length; from++) {
      const layer = sorted[from];
      const bitrateBps = layer.statistics.bitrateBps(nowMs);
      let to = from;
      while (to > 0 && bitrateBps > sorted[to - 1].statistics.bitrateBps(nowMs) * SWITCH_RATIO) to--;
      sorted.splice(from, 1);
      sorted.splice(to, 0, layer);
    }
    return sorted;
  }
}
