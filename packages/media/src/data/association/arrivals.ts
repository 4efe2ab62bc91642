/** Evaluates acknowledgements: which chunks have arrived, and the round-trip time that this reveals. */
import type { SackView } from '@causeway/wire';
import type { LossDetector, TailProbe } from './loss-detection.ts';
import type { OutstandingChunks } from './outstanding-chunks.ts';
import type { PendingMessages } from './pending-messages.ts';
import type { RoundTrip } from './round-trip.ts';

export interface ArrivalsOptions {
  readonly chunks: OutstandingChunks;
  readonly messages: PendingMessages;
  readonly losses: LossDetector;
  readonly probe: TailProbe;
  readonly roundTrip: RoundTrip;
  /** Called with each round-trip measurement. */
  readonly onRoundTrip: (nowMs: number, rttMs: number) => void;
}

export class Arrivals {
  /** Bytes of all chunks that have arrived so far. */
  totalBytes = 0;
  readonly #options: ArrivalsOptions;
  /** Whether a probe has repaired a loss since the last call of `takeRepaired`. */
  #hasRepaired = false;
  /** Round-trip time of the last acknowledged chunk that was sent only once; -1 if there is none. */
  #rttMs = -1;

  constructor(options: ArrivalsOptions) {
    this.#options = options;
  }

  /** Removes all chunks up to a TSN. @returns how many bytes of them had not been acknowledged before */
  ackUpTo(nowMs: number, cumulativeTsn: number): number {
    const { chunks, messages } = this.#options;
    let ackedBytes = 0;
    while (chunks.firstTsn <= cumulativeTsn) {
      const tsn = chunks.firstTsn;
      if (chunks.isAwaited(tsn)) {
        ackedBytes += chunks.length(tsn);
        this.#note(nowMs, tsn);
      }
      messages.releaseFirstChunk();
      chunks.removeFirst();
    }
    this.#measure(nowMs);
    return ackedBytes;
  }

  /** @returns how many chunks behind a gap had not been acknowledged before */
  ackGapBlocks(nowMs: number, sack: SackView, cumulativeTsn: number): number {
    const { chunks } = this.#options;
    let count = 0;
    for (let block = 0; block < sack.gapBlockCount; block++) {
      const end = cumulativeTsn + sack.gapEnd(block);
      for (let tsn = cumulativeTsn + sack.gapStart(block); tsn <= end; tsn++) {
        if (!chunks.isAwaited(tsn)) continue;
        this.#note(nowMs, tsn);
        chunks.markAcked(tsn);
        count++;
      }
    }
    this.#measure(nowMs);
    return count;
  }

  /** Whether a loss was revealed only by a probe that repaired it. The call resets the answer. */
  takeRepaired(): boolean {
    const hasRepaired = this.#hasRepaired;
    this.#hasRepaired = false;
    return hasRepaired;
  }

  #note(nowMs: number, tsn: number): void {
    const { chunks, losses, probe } = this.#options;
    this.totalBytes += chunks.length(tsn);
    if (chunks.transmissions(tsn) === 1) this.#rttMs = nowMs - chunks.sentAtMs(tsn);
    losses.noteAcked(nowMs, tsn);
    this.#hasRepaired ||= probe.hasRepaired(nowMs, tsn);
  }

  #measure(nowMs: number): void {
    if (this.#rttMs < 0) return;
    this.#options.roundTrip.measure(this.#rttMs);
    this.#options.onRoundTrip(nowMs, this.#rttMs);
    this.#rttMs = -1;
  }
}
