/**
 * RACK: a chunk is lost when one that was sent later has arrived, and a little time for reordering has passed.
 *
 * @see RFC 8985 §6 (written for TCP; SCTP gives the same facts)
 */
import { ChunkState, type OutstandingChunks } from './outstanding-chunks.ts';
import type { RoundTrip } from './round-trip.ts';

/** So many acknowledged behind a gap mean loss at once, as long as the path was not seen to reorder. */
const DUPLICATE_THRESHOLD = 3;
const MAX_REORDERING_STEPS = 20;
/** A path that has reordered, and does so no more, is given less time again after this many losses. */
const REORDERING_PERSISTS_FOR_RECOVERIES = 16;

export class LossDetector {
  /** When `findLost` may find more; Infinity when time alone will tell nothing. */
  deadlineMs = Number.POSITIVE_INFINITY;
  readonly #chunks: OutstandingChunks;
  readonly #roundTrip: RoundTrip;
  readonly #onLost: (tsn: number) => void;
  /** The chunk that was sent last of all that have arrived. */
  #latestSentAtMs = Number.NEGATIVE_INFINITY;
  #latestTsn = -1;
  #latestRttMs = 0;
  #highestAckedTsn = Number.NEGATIVE_INFINITY;
  #hasReordered = false;
  #reorderingSteps = 1;
  #recoveriesUntilReset = 0;

  constructor(chunks: OutstandingChunks, roundTrip: RoundTrip, onLost: (tsn: number) => void) {
    this.#chunks = chunks;
    this.#roundTrip = roundTrip;
    this.#onLost = onLost;
  }

  /** A chunk is acknowledged for the first time; it is still among the outstanding ones. */
  noteAcked(nowMs: number, tsn: number): void {
    const sentAtMs = this.#chunks.sentAtMs(tsn);
    const isFirstTransmission = this.#chunks.transmissions(tsn) === 1;
    const rttMs = nowMs - sentAtMs;
    if (tsn > this.#highestAckedTsn) this.#highestAckedTsn = tsn;
    else if (isFirstTransmission) this.#hasReordered = true;
    // Sooner than anything comes back: what has arrived is the transmission before.
    if (!isFirstTransmission && rttMs < this.#roundTrip.minMs) return;
    if (sentAtMs < this.#latestSentAtMs || (sentAtMs === this.#latestSentAtMs && tsn < this.#latestTsn)) return;
    this.#latestSentAtMs = sentAtMs;
    this.#latestTsn = tsn;
    this.#latestRttMs = rttMs;
  }

  /** The peer has got something twice: it was not lost, only late. */
  noteDuplicate(): void {
    this.#reorderingSteps = Math.min(this.#reorderingSteps + 1, MAX_REORDERING_STEPS);
    this.#recoveriesUntilReset = REORDERING_PERSISTS_FOR_RECOVERIES;
  }

  noteRecoveryEnded(): void {
    if (this.#recoveriesUntilReset > 0 && --this.#recoveriesUntilReset === 0) this.#reorderingSteps = 1;
  }

  /** @param ackedBehindGaps how many chunks the last SACK has acknowledged in gap blocks */
  findLost(nowMs: number, isRecovering: boolean, ackedBehindGaps: number): void {
    this.deadlineMs = Number.POSITIVE_INFINITY;
    const chunks = this.#chunks;
    const patienceMs = this.#latestRttMs + this.#reorderingWindowMs(isRecovering, ackedBehindGaps);
    for (let tsn = chunks.firstTsn; tsn < chunks.nextTsn; tsn++) {
      const sentAtMs = chunks.sentAtMs(tsn);
      const isLater = sentAtMs > this.#latestSentAtMs || (sentAtMs === this.#latestSentAtMs && tsn > this.#latestTsn);
      if (isLater) {
        // All that follow were sent later still, whether once or again.
        if (chunks.transmissions(tsn) === 1) return;
      } else if (chunks.state(tsn) === ChunkState.inFlight) {
        if (sentAtMs + patienceMs <= nowMs) this.#onLost(tsn);
        else this.deadlineMs = Math.min(this.deadlineMs, sentAtMs + patienceMs);
      }
    }
  }

  #reorderingWindowMs(isRecovering: boolean, ackedBehindGaps: number): number {
    const { minMs, smoothedMs } = this.#roundTrip;
    if (smoothedMs === undefined) return 0;
    if (!this.#hasReordered && (isRecovering || ackedBehindGaps >= DUPLICATE_THRESHOLD)) return 0;
    return Math.min((this.#reorderingSteps * minMs) / 4, smoothedMs);
  }
}
