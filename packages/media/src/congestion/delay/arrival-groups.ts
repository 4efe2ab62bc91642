/**
 * Groups packets that were sent together, and measures how much later each group was sent and arrived than the one before.
 *
 * @see draft-ietf-rmcat-gcc-02 §5.2 (pre-filtering)
 */

/** Packets sent within this time are one group, even if a queue or a radio link reorders them. */
const GROUP_MS = 5;
/** Packets that arrive this close together after a delay were held up together, and are also one group … */
const BURST_GAP_MS = 5;
/** … as long as the burst is no longer than this. */
const MAX_BURST_MS = 100;
/** A larger change means that the peer's clock has jumped, or that the peer reports false times. */
const MAX_CLOCK_JUMP_MS = 3000;

interface Group {
  firstSentMs: number;
  lastSentMs: number;
  firstArrivedMs: number;
  lastArrivedMs: number;
}

export class ArrivalGroups {
  #current: Group = emptyGroup();
  #before: Group = emptyGroup();
  #hasCurrent = false;
  #hasBefore = false;
  /** How much later the group that has just ended was sent than the one before. Valid after `add` has returned true. */
  sendDeltaMs = 0;
  /** How much later it arrived. */
  arrivalDeltaMs = 0;

  /**
   * Takes a packet. Packets must be passed in the order in which they were sent.
   *
   * @returns true if it starts a new group and the two groups before it could be compared
   */
  add(sentAtMs: number, arrivedAtMs: number): boolean {
    const current = this.#current;
    if (!this.#hasCurrent) {
      this.#begin(sentAtMs, arrivedAtMs);
      return false;
    }
    // The packet is out of order, and says nothing about the later groups.
    if (sentAtMs < current.firstSentMs) return false;
    if (this.#belongs(sentAtMs, arrivedAtMs)) {
      current.lastSentMs = Math.max(current.lastSentMs, sentAtMs);
      current.lastArrivedMs = Math.max(current.lastArrivedMs, arrivedAtMs);
      return false;
    }
    const isComparable = this.#compare();
    this.#current = this.#before;
    this.#before = current;
    this.#hasBefore = true;
    this.#begin(sentAtMs, arrivedAtMs);
    return isComparable;
  }

  #belongs(sentAtMs: number, arrivedAtMs: number): boolean {
    const { firstSentMs, lastSentMs, firstArrivedMs, lastArrivedMs } = this.#current;
    if (sentAtMs - firstSentMs <= GROUP_MS) return true;
    const arrivalGapMs = arrivedAtMs - lastArrivedMs;
    const hasCaughtUp = arrivalGapMs < sentAtMs - lastSentMs;
    return hasCaughtUp && arrivalGapMs <= BURST_GAP_MS && arrivedAtMs - firstArrivedMs < MAX_BURST_MS;
  }

  /** @returns false if there is nothing to compare with, or a clock has jumped, which restarts the measurement */
  #compare(): boolean {
    if (!this.#hasBefore) return false;
    this.sendDeltaMs = this.#current.lastSentMs - this.#before.lastSentMs;
    this.arrivalDeltaMs = this.#current.lastArrivedMs - this.#before.lastArrivedMs;
    const isSane = this.arrivalDeltaMs >= 0 && Math.abs(this.arrivalDeltaMs - this.sendDeltaMs) < MAX_CLOCK_JUMP_MS;
    if (!isSane) this.#hasBefore = false;
    return isSane;
  }

  #begin(sentAtMs: number, arrivedAtMs: number): void {
    this.#hasCurrent = true;
    this.#current.firstSentMs = sentAtMs;
    this.#current.lastSentMs = sentAtMs;
    this.#current.firstArrivedMs = arrivedAtMs;
    this.#current.lastArrivedMs = arrivedAtMs;
  }
}

function emptyGroup(): Group {
  return { firstSentMs: 0, lastSentMs: 0, firstArrivedMs: 0, lastArrivedMs: 0 };
}
