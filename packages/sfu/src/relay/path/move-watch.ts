/**
 * Hysteresis: a relay that works moves only to a way that is clearly and lastingly better. A move sends the track by both ways for a while,
 * and where the new one cannot go on exactly where the old one was, it costs a keyframe.
 */

/** The new way costs at most this share of the present one. */
const WORTHWHILE_RATIO = 0.8;
const LASTING_MS = 5000;
/** For so long both ways are in use: what came first by the new one has then come by the old one too, and nothing falls between them. */
export const OVERLAP_MS = 200;

export class MoveWatch {
  #betterSinceMs: number | undefined = undefined;
  #nodes = '';

  /**
   * To be asked now and then about the best way there is.
   *
   * @param currentCost of the way in use; undefined if it is interrupted
   * @param best another way than the one in use
   * @returns whether to move to it now
   */
  isWorthMoving(
    nowMs: number,
    currentCost: number | undefined,
    best: { readonly cost: number; readonly nodes: readonly number[] },
  ): boolean {
    if (currentCost === undefined) return true;
    const nodes = best.nodes.join(' ');
    if (best.cost > currentCost * WORTHWHILE_RATIO) {
      this.#betterSinceMs = undefined;
      return false;
    }
    if (this.#betterSinceMs === undefined || this.#nodes !== nodes) this.#betterSinceMs = nowMs;
    this.#nodes = nodes;
    return nowMs - this.#betterSinceMs >= LASTING_MS;
  }

  /** Whether a node that uses the second of these ways by choice may as well use the first: it would not move away from that again. */
  static isAboutAsGood(cost: number, chosenCost: number): boolean {
    return cost * WORTHWHILE_RATIO <= chosenCost;
  }

  /** The way in use is the best, or another one was taken. */
  settle(): void {
    this.#betterSinceMs = undefined;
  }
}
