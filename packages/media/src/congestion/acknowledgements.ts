/** The contents of one feedback report about packets that were sent, in columns that the next report overwrites. */
import { type CongestionFeedbackReader, ECN_CAPABLE, ECN_CONGESTION_EXPERIENCED, type TransportFeedbackReader } from '@causeway/wire';
import type { SentPackets } from './sent-packets.ts';
import type { StreamNumbers } from './stream-numbers.ts';

const TICKS_PER_MS = 4;
/** The reference time has 24 bits, in units of 64 ms. */
const REFERENCE_PERIOD_MS = 2 ** 24 * 64;
/** A per-stream report has fewer entries, because each takes two bytes of a datagram. */
const MAX_ENTRIES = 65_536;

/** Unwraps the time in one peer's reports. */
export class ArrivalClock {
  #referenceMs: number | undefined = undefined;
  readonly #periodMs: number;

  /** @param periodMs the time after which the peer's clock wraps. Default: the twelve days of transport-wide feedback */
  constructor(periodMs = REFERENCE_PERIOD_MS) {
    this.#periodMs = periodMs;
  }

  /** @returns the reference time in milliseconds, without wrapping */
  unwrap(referenceMs: number): number {
    const known = this.#referenceMs ?? referenceMs;
    const turns = Math.round((known - referenceMs) / this.#periodMs);
    this.#referenceMs = referenceMs + turns * this.#periodMs;
    return this.#referenceMs;
  }
}

export class Acknowledgements {
  /** Number of packets acknowledged for the first time, in the order in which they were sent. */
  count = 0;
  sentAtMs = new Float64Array(0);
  /** The clock is the peer's. */
  arrivedAtMs = new Float64Array(0);
  sizeBytes = new Uint16Array(0);
  /** The probe that each packet was part of, 0 for none. */
  probe = new Uint8Array(0);
  bytes = 0;
  /** Packets that this report has shown to be lost. */
  lost = 0;
  /** ECN-capable packets that a router on the path has marked, instead of dropping them, because its queue is growing (RFC 3168). */
  marked = 0;
  /** When the newest of them was sent. */
  markedSentAtMs = Number.NEGATIVE_INFINITY;
  /** ECN-capable packets that arrived as they were sent, and those that arrived as something else. */
  intact = 0;
  changed = 0;
  /** Acknowledged numbers, each with its index in the report. */
  #order = new Float64Array(0);

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

  /**
   * Takes a per-stream report (RFC 8888). Entries for packets that were not sent recently are ignored.
   *
   * @returns false if it has no other entries
   */
  takeByStream(report: CongestionFeedbackReader, clock: ArrivalClock, sent: SentPackets, streams: StreamNumbers): boolean {
    this.#clear(report.count);
    if (this.#order.length < report.count) this.#order = new Float64Array(report.count);
    const reportedAtMs = clock.unwrap(report.reportedAtMs);
    let base = Number.POSITIVE_INFINITY;
    let end = Number.NEGATIVE_INFINITY;
    let received = 0;
    for (let index = 0; index < report.count; index++) {
      const number = streams.find(report.ssrcs[index], report.sequences[index]);
      if (number === undefined) continue;
      base = Math.min(base, number);
      end = Math.max(end, number + 1);
      if (report.isReceived(index)) this.#order[received++] = number * MAX_ENTRIES + index;
    }
    // The report lists one stream after another, but their packets were sent interleaved.
    this.#order.subarray(0, received).sort();
    for (let place = 0; place < received; place++) {
      const index = this.#order[place] % MAX_ENTRIES;
      const number = Math.floor(this.#order[place] / MAX_ENTRIES);
      if (sent.acknowledge(number) !== 'first') continue;
      // A mark on what was not ECN-capable was not set by a router that obeys the rules, if at all.
      if (sent.isEcnCapable(number)) this.#noteEcn(report.ecn(index), sent.sentAtMs(number));
      const beforeMs = report.arrivedBeforeMs(index);
      if (!Number.isNaN(beforeMs)) this.#add(number, reportedAtMs - beforeMs, sent);
    }
    if (base >= end) return false;
    this.lost = sent.judge(base, end);
    return true;
  }

  #clear(received: number): void {
    this.count = 0;
    this.bytes = 0;
    this.lost = 0;
    this.marked = 0;
    this.markedSentAtMs = Number.NEGATIVE_INFINITY;
    this.intact = 0;
    this.changed = 0;
    if (this.sentAtMs.length >= received) return;
    this.sentAtMs = new Float64Array(received);
    this.arrivedAtMs = new Float64Array(received);
    this.sizeBytes = new Uint16Array(received);
    this.probe = new Uint8Array(received);
  }

  #noteEcn(ecn: number, sentAtMs: number): void {
    if (ecn === ECN_CONGESTION_EXPERIENCED) {
      this.marked++;
      this.markedSentAtMs = Math.max(this.markedSentAtMs, sentAtMs);
    } else if (ecn === ECN_CAPABLE) this.intact++;
    else this.changed++;
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
