/**
 * RACK: a chunk is lost if one that was sent later has arrived, and a short time for reordering has passed.
 *
 * @see RFC 8985 §6 (written for TCP; SCTP provides the same information)
 */
import { ChunkState, type OutstandingChunks } from './outstanding-chunks.ts';
import type { RoundTrip } from './round-trip.ts';

/** As long as the path has not been seen to reorder, this many chunks acknowledged behind a gap indicate a loss at once. */
const DUPLICATE_THRESHOLD = 3;
const MAX_REORDERING_STEPS = 20;
/** After this many recoveries without reordering, the time allowed for it is reduced again. */
const REORDERING_PERSISTS_FOR_RECOVERIES = 16;

export class LossDetector {
  /** When `findLost` may find more lost chunks; Infinity if time alone will not reveal any. */
  deadlineMs = Number.POSITIVE_INFINITY;
  readonly #chunks: OutstandingChunks;
  readonly #roundTrip: RoundTrip;
  readonly #onLost: (tsn: number) => void;
  /** When the most recently sent of the chunks that have arrived was sent. */
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

  /** Records that a chunk was acknowledged for the first time. It is still among the outstanding ones. */
  noteAcked(nowMs: number, tsn: number): void {
    const sentAtMs = this.#chunks.sentAtMs(tsn);
    const isFirstTransmission = this.#chunks.transmissions(tsn) === 1;
    const rttMs = nowMs - sentAtMs;
    if (tsn > this.#highestAckedTsn) this.#highestAckedTsn = tsn;
    else if (isFirstTransmission) this.#hasReordered = true;
    // No answer can return this quickly, so it is the previous transmission that has arrived.
    if (!isFirstTransmission && rttMs < this.#roundTrip.minMs) return;
    if (sentAtMs < this.#latestSentAtMs || (sentAtMs === this.#latestSentAtMs && tsn < this.#latestTsn)) return;
    this.#latestSentAtMs = sentAtMs;
    this.#latestTsn = tsn;
    this.#latestRttMs = rttMs;
  }

  /** Allows more time for reordering, because the peer received a chunk twice: it was late, not lost. */
  noteDuplicate(): void {
    this.#reorderingSteps = Math.min(this.#reorderingSteps + 1, MAX_REORDERING_STEPS);
    this.#recoveriesUntilReset = REORDERING_PERSISTS_FOR_RECOVERIES;
  }

  noteRecoveryEnded(): void {
    if (this.#recoveriesUntilReset > 0 && --this.#recoveriesUntilReset === 0) this.#reorderingSteps = 1;
  }

  /** Finds lost chunks. @param ackedBehindGaps how many chunks the last SACK acknowledged in gap blocks */
  findLost(nowMs: number, isRecovering: boolean, ackedBehindGaps: number): void {
    this.deadlineMs = Number.POSITIVE_INFINITY;
    const chunks = this.#chunks;
    const patienceMs = this.#latestRttMs + this.#reorderingWindowMs(isRecovering, ackedBehindGaps);
    for (let tsn = chunks.firstTsn; tsn < chunks.nextTsn; tsn++) {
      const sentAtMs = chunks.sentAtMs(tsn);
      const isLater = sentAtMs > this.#latestSentAtMs || (sentAtMs === this.#latestSentAtMs && tsn > this.#latestTsn);
      if (isLater) {
        // All chunks that follow were sent even later, whether once or again.
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

/** RFC 8985 §7.2 leaves the minimum to the precision of timers. */
const MIN_TIMEOUT_MS = 10;

/** What to send as a probe: new data if there is some, otherwise a chunk again. */
export type Probe = 'none' | 'new-data' | { readonly tsn: number };

/**
 * Detects the loss of the end of a flight, which no later chunk would reveal. After two round trips without an acknowledgement one more
 * chunk is sent, which makes the peer answer long before the retransmission timeout.
 *
 * @see RFC 8985 §7
 */
export class TailProbe {
  /** When a probe is to be sent; Infinity if none is. */
  deadlineMs = Number.POSITIVE_INFINITY;
  pending: Probe = 'none';
  readonly #chunks: OutstandingChunks;
  readonly #roundTrip: RoundTrip;
  /** There is only one probe per flight. If it fails, the timeout follows. */
  #hasProbed = false;
  #repeatedTsn: number | undefined;

  constructor(chunks: OutstandingChunks, roundTrip: RoundTrip) {
    this.#chunks = chunks;
    this.#roundTrip = roundTrip;
  }

  /** Restarts the wait, because something was sent or acknowledged. */
  arm(nowMs: number): void {
    const { smoothedMs } = this.#roundTrip;
    const canProbe = this.#chunks.flightBytes > 0 && this.#chunks.lostCount === 0 && !this.#hasProbed && smoothedMs !== undefined;
    this.deadlineMs = canProbe ? nowMs + Math.max(2 * smoothedMs, MIN_TIMEOUT_MS) : Number.POSITIVE_INFINITY;
  }

  /** Allows another probe, because the peer has acknowledged something new. */
  noteProgress(): void {
    this.#hasProbed = false;
    this.pending = 'none';
  }

  cancel(): void {
    this.noteProgress();
    this.deadlineMs = Number.POSITIVE_INFINITY;
  }

  begin(hasNewData: boolean): void {
    this.deadlineMs = Number.POSITIVE_INFINITY;
    this.#hasProbed = true;
    this.pending = hasNewData ? 'new-data' : this.#lastRepeatable();
  }

  /** The chunk that the probe repeats, if it is still in flight. */
  get tsnToRepeat(): number | undefined {
    if (typeof this.pending !== 'object') return undefined;
    const { tsn } = this.pending;
    if (tsn >= this.#chunks.firstTsn && this.#chunks.state(tsn) === ChunkState.inFlight) return tsn;
    this.pending = 'none';
    return undefined;
  }

  noteRepeated(tsn: number): void {
    this.pending = 'none';
    this.#repeatedTsn = tsn;
  }

  /** Whether the arrival of this chunk means that a probe has repaired a loss which nothing else reveals (RFC 8985 §7.4). */
  hasRepaired(nowMs: number, tsn: number): boolean {
    if (tsn !== this.#repeatedTsn) return false;
    this.#repeatedTsn = undefined;
    return nowMs - this.#chunks.sentAtMs(tsn) >= this.#roundTrip.minMs;
  }

  #lastRepeatable(): Probe {
    const chunks = this.#chunks;
    for (let tsn = chunks.nextTsn - 1; tsn >= chunks.firstTsn; tsn--) {
      const isInFlight = chunks.state(tsn) === ChunkState.inFlight;
      if (isInFlight && chunks.transmissions(tsn) <= chunks.message(tsn).maxRetransmits) return { tsn };
    }
    return 'none';
  }
}
