import { type Capacity, SteadyCapacity } from './capacity.ts';
import { HELD_BACK_MS, type NetworkConditions, PERFECT_CONDITIONS } from './network-conditions.ts';

/** When each copy of a datagram arrives; empty if it is lost. */
export type Arrivals = readonly number[];

const LOST: Arrivals = [];

export interface BottleneckCounts {
  /** Datagrams that entered, including lost ones. */
  readonly offered: number;
  /** Datagrams lost because the queue was full. */
  readonly overflowed: number;
  /** ECN-capable datagrams that were marked, including those that were lost afterwards. */
  readonly marked: number;
  readonly policed: number;
  /** Datagrams lost at random, or while the path was cut. */
  readonly lost: number;
}

/**
 * Simulates one direction of a path: a policer, a queue in front of a link that drops what does not fit and may mark what waits, then random
 * loss and delay. It does no I/O and has no
 * clock, so it serves both virtual time and real sockets, and is deterministic for a given seed.
 */
export class Bottleneck {
  readonly #random: () => number;
  readonly #capacity: Capacity | undefined;
  readonly #steady = new SteadyCapacity();
  /** Datagrams that have not left the link yet. */
  #queue: { readonly leavesMs: number; readonly sizeBytes: number }[] = [];
  #firstQueued = 0;
  #queuedBytes = 0;
  #tokensBytes: number;
  #tokensAtMs = Number.NEGATIVE_INFINITY;
  #conditions: NetworkConditions;
  #lastInOrderMs = 0;
  /** The latest or next stall. */
  #stallFromMs = Number.NaN;
  #stallUntilMs = Number.NaN;
  #stillToLose = 0;
  /** Whether the datagram that was taken last has been marked (RFC 3168). */
  isMarked = false;
  readonly #counts = { offered: 0, overflowed: 0, marked: 0, policed: 0, lost: 0 };

  /** @param capacity the link's rate over time; default: the rate of the conditions */
  constructor(random: () => number, conditions: Partial<NetworkConditions> = {}, capacity?: Capacity) {
    this.#random = random;
    this.#conditions = { ...PERFECT_CONDITIONS, ...conditions };
    this.#tokensBytes = this.#conditions.policerBurstBytes;
    this.#capacity = capacity;
  }

  get conditions(): NetworkConditions {
    return this.#conditions;
  }

  /** Changes the conditions for later datagrams; those in the queue leave at the rate at which they were accepted. */
  impair(conditions: NetworkConditions): void {
    this.#conditions = conditions;
  }

  get counts(): BottleneckCounts {
    return { ...this.#counts };
  }

  /** Returns how long a datagram that arrives now would wait. */
  waitMs(nowMs: number): number {
    return Math.max(0, this.#link.busyUntilMs - nowMs);
  }

  /** Returns the number of bytes that wait or are being transmitted. */
  queuedBytes(nowMs: number): number {
    this.#forgetWhatLeft(nowMs);
    return this.#queuedBytes;
  }

  /**
   * Sends a datagram into the path.
   *
   * @param nowMs monotonic time on any clock
   * @returns arrival times on the same clock
   */
  take(nowMs: number, sizeBytes: number, isEcnCapable = false): Arrivals {
    this.#counts.offered++;
    this.isMarked = isEcnCapable && this.waitMs(nowMs) > this.#conditions.markedMs;
    if (this.isMarked) this.#counts.marked++;
    const sentAtMs = this.#transmit(nowMs, sizeBytes);
    if (sentAtMs === undefined) return LOST;
    if (this.#conditions.isCut || this.#isLost()) {
      this.#counts.lost++;
      return LOST;
    }
    return this.#propagate(sentAtMs);
  }

  /** @returns when the datagram has left the link; undefined if it was policed or found the queue full */
  #transmit(nowMs: number, sizeBytes: number): number | undefined {
    if (!this.#admits(nowMs, sizeBytes)) {
      this.#counts.policed++;
      return undefined;
    }
    const { queueMs, queueBytes } = this.#conditions;
    const hasRoom =
      this.waitMs(nowMs) <= queueMs && (queueBytes === Number.POSITIVE_INFINITY || this.queuedBytes(nowMs) + sizeBytes <= queueBytes);
    const leavesMs = hasRoom ? this.#link.transmit(nowMs, sizeBytes) : Number.POSITIVE_INFINITY;
    if (leavesMs === Number.POSITIVE_INFINITY) {
      this.#counts.overflowed++;
      return undefined;
    }
    this.#forgetWhatLeft(nowMs);
    this.#queue.push({ leavesMs, sizeBytes });
    this.#queuedBytes += sizeBytes;
    return leavesMs;
  }

  #propagate(sentAtMs: number): Arrivals {
    const { delayMs, jitterMs, reorderRatio, duplicateRatio } = this.#conditions;
    const dueMs = sentAtMs + delayMs + (jitterMs === 0 ? 0 : jitterMs * this.#random());
    if (this.#happens(reorderRatio)) return [dueMs + HELD_BACK_MS];
    this.#lastInOrderMs = Math.max(this.#lastInOrderMs, this.#seenAt(dueMs));
    return this.#happens(duplicateRatio) ? [this.#lastInOrderMs, this.#lastInOrderMs] : [this.#lastInOrderMs];
  }

  /** Returns when the receiving machine sees a datagram that reaches it at `dueMs`. */
  #seenAt(dueMs: number): number {
    const { stallsPerSecond, maxStallMs } = this.#conditions;
    if (stallsPerSecond === 0) return dueMs;
    if (Number.isNaN(this.#stallUntilMs)) this.#stallUntilMs = dueMs;
    while (dueMs >= this.#stallUntilMs) {
      this.#stallFromMs = this.#stallUntilMs - (1000 * Math.log(1 - this.#random())) / stallsPerSecond;
      this.#stallUntilMs = this.#stallFromMs + maxStallMs * this.#random();
    }
    return dueMs >= this.#stallFromMs ? this.#stallUntilMs : dueMs;
  }

  get #link(): Capacity {
    if (this.#capacity !== undefined) return this.#capacity;
    this.#steady.rateBps = this.#conditions.rateBps;
    return this.#steady;
  }

  #admits(nowMs: number, sizeBytes: number): boolean {
    const { policedBps, policerBurstBytes } = this.#conditions;
    if (policedBps === Number.POSITIVE_INFINITY) return true;
    const earnedBytes = (policedBps * (nowMs - this.#tokensAtMs)) / 8000;
    this.#tokensBytes = Math.min(policerBurstBytes, this.#tokensBytes + earnedBytes);
    this.#tokensAtMs = nowMs;
    if (this.#tokensBytes < sizeBytes) return false;
    this.#tokensBytes -= sizeBytes;
    return true;
  }

  #forgetWhatLeft(nowMs: number): void {
    for (
      let first = this.#queue[this.#firstQueued];
      first !== undefined && first.leavesMs <= nowMs;
      first = this.#queue[this.#firstQueued]
    ) {
      this.#queuedBytes -= first.sizeBytes;
      this.#firstQueued++;
    }
    if (this.#firstQueued * 2 <= this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#firstQueued);
    this.#firstQueued = 0;
  }

  #isLost(): boolean {
    const { lossRatio, lossBurst } = this.#conditions;
    if (this.#stillToLose === 0 && this.#happens(lossRatio / lossBurst)) this.#stillToLose = lossBurst;
    if (this.#stillToLose === 0) return false;
    this.#stillToLose--;
    return true;
  }

  #happens(ratio: number): boolean {
    return ratio > 0 && this.#random() < ratio;
  }
}
