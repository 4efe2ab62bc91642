/**
 * Tracks which of this node's writes about one app Redis has. Every write carries its own revision and the newest
 * confirmed one; Redis answers `behind` if it does not have the latter.
 */
export class AppHistory {
  readonly #nextRevision: () => number;
  #confirmed = 0;
  #isBehind = false;

  /** @param nextRevision increases throughout the node's life, so that a history can be dropped and started again */
  constructor(nextRevision: () => number) {
    this.#nextRevision = nextRevision;
  }

  /** The newest revision that Redis has confirmed. */
  get confirmed(): number {
    return this.#confirmed;
  }

  /** Whether Redis has lost writes, so that all records must be written again. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** The revision of a new write. */
  next(): number {
    return this.#nextRevision();
  }

  confirm(revision: number): void {
    this.#confirmed = Math.max(this.#confirmed, revision);
  }

  /**
   * @param stored the newest revision that Redis has, 0 if it has none
   * @param confirmedBefore the newest revision that was confirmed when Redis was asked
   */
  compare(stored: number, confirmedBefore: number): void {
    if (stored < confirmedBefore) this.#isBehind = true;
  }

  noteLoss(): void {
    this.#isBehind = true;
  }

  /** Called when all records are about to be written again. */
  startAnew(): void {
    this.#isBehind = false;
  }
}
