/**
 * Which of this node's writes about one app Redis is known to have. Every write carries a revision and the newest one confirmed
 * before; Redis answers `behind` if it does not even have that one.
 */
export class AppHistory {
  readonly #nextRevision: () => number;
  #confirmed = 0;
  #isBehind = false;

  /** @param nextRevision rises through the whole life of the node, so that a history may be dropped and begun again */
  constructor(nextRevision: () => number) {
    this.#nextRevision = nextRevision;
  }

  /** Newest revision that Redis has confirmed. */
  get confirmed(): number {
    return this.#confirmed;
  }

  /** Whether Redis has lost something, so that everything must be written again. */
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
   * @param stored the newest revision that Redis says it has, 0 for none
   * @param confirmedBefore the newest that was confirmed when it was asked
   */
  compare(stored: number, confirmedBefore: number): void {
    if (stored < confirmedBefore) this.#isBehind = true;
  }

  noteLoss(): void {
    this.#isBehind = true;
  }

  /** Everything is being written again, from here on. */
  startAnew(): void {
    this.#isBehind = false;
  }
}
