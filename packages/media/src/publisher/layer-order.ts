/** Every switch costs a keyframe: layers this close in bitrate are not worth one. Browsers space theirs by 2 to 4. */
const SWITCH_RATIO = 1.25;

/**
 * The layers of a publication that arrive, best first. Whoever comes first is shown where there is
 * room for it, and every change costs a keyframe: so a layer overtakes another only when its
 * bitrate is clearly higher.
 */
export class LayerOrder {
  #rids: readonly string[] = [];

  /** Best first. */
  get rids(): readonly string[] {
    return this.#rids;
  }

  /**
   * @param arriving the layers that arrive, in any order
   * @param rates of these in bit/s
   * @returns true if they are others than last time, or in another order
   */
  update(arriving: readonly string[], rates: ReadonlyMap<string, number>): boolean {
    const before = this.#rids;
    this.#rids = this.#sorted(arriving, rates);
    return this.#rids.length !== before.length || this.#rids.some((rid, place) => rid !== before[place]);
  }

  #sorted(arriving: readonly string[], rates: ReadonlyMap<string, number>): string[] {
    const known = this.#rids.filter((rid) => arriving.includes(rid));
    const sorted = [...known, ...arriving.filter((rid) => !known.includes(rid))];
    for (let from = 1; from < sorted.length; from++) {
      const rid = sorted[from];
      const bitrateBps = rates.get(rid) ?? 0;
      let to = from;
      while (to > 0 && bitrateBps > (rates.get(sorted[to - 1]) ?? 0) * SWITCH_RATIO) to--;
      sorted.splice(from, 1);
      sorted.splice(to, 0, rid);
    }
    return sorted;
  }
}
