/**
 * Detects the loss of the end of a flight, which no later chunk would reveal. After two round trips without an acknowledgement one more
 * chunk is sent, which makes the peer answer long before the retransmission timeout.
 *
 * @see RFC 8985 §7
 */
import { ChunkState, type OutstandingChunks } from './outstanding-chunks.ts';
import type { RoundTrip } from './round-trip.ts';

/** RFC 8985 §7.2 leaves the minimum to the precision of timers. */
const MIN_TIMEOUT_MS = 10;

/** What to send as a probe: new data if there is some, otherwise a chunk again. */
export type Probe = 'none' | 'new-data' | { readonly tsn: number };

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
