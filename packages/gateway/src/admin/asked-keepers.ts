/** Which nodes with books are likely to answer, so that one that hangs delays few calls and leaves room for those to others. */

/** Long enough that few calls wait for a node that hangs, and short enough that one that has recovered is soon asked first again. */
const SILENT_FOR_MS = 30_000;
/** Half of what a node carries at once, so that calls which hang at one node leave room for another. */
const MAX_UNDER_WAY_EACH = 64;

export class AskedKeepers {
  readonly #now: () => number;
  /** Until when a node counts as silent. Kept for nodes with books that have once failed to answer. */
  readonly #silentUntilMs = new Map<number, number>();
  readonly #underWay = new Map<number, number>();

  /** @param now monotonic time in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @returns false if as many calls are under way at that node as may be; otherwise call `end` afterwards */
  begin(nodeNo: number): boolean {
    const underWay = this.#underWay.get(nodeNo) ?? 0;
    if (underWay >= MAX_UNDER_WAY_EACH) return false;
    this.#underWay.set(nodeNo, underWay + 1);
    return true;
  }

  end(nodeNo: number): void {
    const left = (this.#underWay.get(nodeNo) ?? 1) - 1;
    if (left === 0) this.#underWay.delete(nodeNo);
    else this.#underWay.set(nodeNo, left);
  }

  noteAnswer(nodeNo: number): void {
    this.#silentUntilMs.delete(nodeNo);
  }

  noteSilence(nodeNo: number): void {
    this.#silentUntilMs.set(nodeNo, this.#now() + SILENT_FOR_MS);
  }

  /** Whether the node has recently failed to answer. */
  isSilent(nodeNo: number): boolean {
    return (this.#silentUntilMs.get(nodeNo) ?? Number.NEGATIVE_INFINITY) > this.#now();
  }
}
