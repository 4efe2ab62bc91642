/**
 * Hysteresis: a working relay moves only to a route that is clearly and permanently better. During a move, the track
 * takes both routes for a while, and if the new one cannot continue exactly where the old one was, the move costs a
 * keyframe.
 */

/** The new route costs at most this share of the present one. */
const WORTHWHILE_RATIO = 0.8;
const LASTING_MS = 5000;
/**
 * How long both routes are in use: by then, the first packets of the new route have also arrived over the old one, so
 * no packet is lost in between.
 */
export const OVERLAP_MS = 200;

export class MoveWatch {
  #betterSinceMs: number | undefined = undefined;
  #nodes = '';

  /**
   * Called periodically with the best route.
   *
   * @param currentCost of the route in use; undefined if it is interrupted
   * @param best a route other than the one in use
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

  /** Whether a node that chose the second route may also use the first, because it would not move away from it again. */
  static isAboutAsGood(cost: number, chosenCost: number): boolean {
    return cost * WORTHWHILE_RATIO <= chosenCost;
  }

  /** The route in use is the best, or another one was chosen. */
  settle(): void {
    this.#betterSinceMs = undefined;
  }
}
