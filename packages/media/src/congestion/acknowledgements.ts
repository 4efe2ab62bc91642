/** The contents of one feedback report about packets that were sent, in columns that the next report overwrites. */
import type { TransportFeedbackReader } from '@causeway/wire';
import type { SentPackets } from './sent-packets.ts';

const TICKS_PER_MS = 4;
/** The reference time has 24 bits, in units of 64 ms. */
const REFERENCE_PERIOD_MS = 2 ** 24 * 64;

/** Unwraps the reference time of one peer's reports, which wraps every twelve days. */
export class ArrivalClock {
  #referenceMs: number | undefined = undefined;

  /** @returns the reference time in milliseconds, without wrapping */
  unwrap(referenceMs: number): number {
    const known = this.#referenceMs ?? referenceMs;
    const turns = Math.round((known - referenceMs) / REFERENCE_PERIOD_MS);
    this.#referenceMs = referenceMs + turns * REFERENCE_PERIOD_MS;
    return this.#referenceMs;
  }
}

export class Acknowledgements {
  /** Number of packets acknowledged for the first time, in the order in which they were sent. */
  count = 0;
  sentAtMs = new Float64Array(0);
  /** By the peer's clock. */
  arrivedAtMs = new Float64Array(0);
  sizeBytes = new Uint16Array(0);
  /** The probe that each packet was part of, 0 for none. */
  probe = new Uint8Array(0);
  bytes = 0;
  /** Packets that this report has shown to be lost. */
  lost = 0;

  /**
   * Takes a report.
   *
   * @returns false if it acknowledges a packet that was never sent; nothing in it can then be trusted
   */
  take(report: TransportFeedbackReader, clock: ArrivalClock, sent: SentPackets): boolean {
    this.#clear(report.receivedCount);
    const base = sent.unwrap(report.baseSequence);
    let arrivedAtMs = clock.unwrap(report.referenceTimeMs);
    for (let index = 0; index < report.receivedCount; index++) {
      arrivedAtMs += report.deltaTicks250us[index] / TICKS_PER_MS;
      const sequence = base + report.receivedOffsets[index];
      const outcome = sent.acknowledge(sequence);
      if (outcome === 'never-sent') return false;
      if (outcome === 'first') this.#add(sequence, arrivedAtMs, sent);
    }
    this.lost = sent.judge(base, base + report.statusCount);
    return true;
  }

  #clear(received: number): void {
    this.count = 0;
    this.bytes = 0;
    this.lost = 0;
    if (this.sentAtMs.length >= received) return;
    this.sentAtMs = new Float64Array(received);
    this.arrivedAtMs = new Float64Array(received);
    this.sizeBytes = new Uint16Array(received);
    this.probe = new Uint8Array(received);
  }

  #add(sequence: number, arrivedAtMs: number, sent: SentPackets): void {
    const at = this.count++;
    this.sentAtMs[at] = sent.sentAtMs(sequence);
    this.arrivedAtMs[at] = arrivedAtMs;
    this.sizeBytes[at] = sent.sizeBytes(sequence);
    this.probe[at] = sent.probe(sequence);
    this.bytes += this.sizeBytes[at];
  }
}
