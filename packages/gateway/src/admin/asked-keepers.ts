/** Remembers which nodes with books fail to answer, so that one that hangs delays few calls and leaves room for calls to others. */

/** Long enough that few calls wait for a node that hangs, and short enough that one that has recovered is soon asked first again. */
const SILENT_FOR_MS = 30_000;
/** Half of the calls that a node carries at once, so that calls that hang at one node leave room for another. */
const MAX_UNDER_WAY_EACH = 64;

export class AskedKeepers {
  readonly #now: () => number;
  /** When each node stops counting as silent. Only nodes with books that have failed to answer are in it. */
  readonly #silentUntilMs = new Map<number, number>();
  readonly #underWay = new Map<number, number>();

  /** @param now monotonic time in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @returns false if that node already has the maximum number of calls under way; otherwise call `end` afterwards */
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
