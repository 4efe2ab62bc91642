/**
 * When each packet of one transport arrived, until the peer's congestion control has been told. Transport-wide numbers run
 * across all streams of the peer, so there is one recorder a transport and not one a stream.
 *
 * @see draft-holmer-rmcat-transport-wide-cc-extensions-01
 */
import { type ExtendedSeq, type Seq16, SequenceUnwrapper, TransportFeedbackWriter } from '@causeway/wire';

/** How far back arrivals are remembered, a power of two: 100 ms at 20,000 packets a second. */
const CAPACITY = 2048;
/** How far back a packet that was reported lost is reported again when it turns up after all. */
const REORDER_REACH = 512;
/** A sender's delay-based estimate wants to hear at least this often … */
const MAX_INTERVAL_MS = 100;
/** … and no more often than this, even if … */
const MIN_INTERVAL_MS = 50;
/** … this many packets wait to be reported. */
const MANY_PACKETS = 20;
/** Below any path MTU, with IP, UDP and SRTCP around it. */
const MAX_FEEDBACK_BYTES = 1100;

export class TwccRecorder {
  readonly #unwrapper = new SequenceUnwrapper();
  /** A ring by sequence number, NaN for what has not arrived. Made with the first packet, as most peers only subscribe. */
  #arrivedAtMs: Float64Array | undefined;
  #writer: TransportFeedbackWriter | undefined;
  #highest = Number.NaN;
  /** The first packet that the next feedback reports on. */
  #nextSeq = Number.NaN;
  #waiting = 0;
  #dueAtMs = Number.POSITIVE_INFINITY;
  #reportedAtMs = Number.NEGATIVE_INFINITY;
  #feedbackCount = 0;

  /** Notes the arrival of a packet; the first of several with the same number counts. */
  record(nowMs: number, transportSeq: Seq16): void {
    this.#arrivedAtMs ??= new Float64Array(CAPACITY).fill(Number.NaN);
    const arrivedAtMs = this.#arrivedAtMs;
    const seq = this.#unwrapper.unwrap(transportSeq);
    if (!(seq <= this.#highest)) this.#advanceTo(arrivedAtMs, seq);
    else if (seq <= this.#highest - REORDER_REACH || !Number.isNaN(arrivedAtMs[slotOf(seq)])) return;
    arrivedAtMs[slotOf(seq)] = nowMs;
    if (seq < this.#nextSeq) this.#nextSeq = seq;
    this.#waiting++;
    if (this.#waiting === 1) this.#dueAtMs = nowMs + MAX_INTERVAL_MS;
    else if (this.#waiting === MANY_PACKETS) this.#dueAtMs = Math.min(this.#dueAtMs, Math.max(nowMs, this.#reportedAtMs + MIN_INTERVAL_MS));
  }

  /** When `writeFeedback` is to be called; Infinity when there is nothing to report. */
  dueAt(): number {
    return this.#dueAtMs;
  }

  /**
   * Writes one feedback packet on all that has arrived since the last. Packets missing below the newest are reported lost.
   * What does not fit, or lies too far apart in time, waits for the next call, which is then due at once.
   *
   * @param out has at least 1,100 bytes from `offset` on
   * @returns the offset after the packet; `offset` itself if there is nothing to report
   */
  writeFeedback(nowMs: number, senderSsrc: number, mediaSsrc: number, out: Uint8Array, offset: number): number {
    const arrivedAtMs = this.#arrivedAtMs;
    if (arrivedAtMs === undefined || this.#waiting === 0) return offset;
    this.#writer ??= new TransportFeedbackWriter(MAX_FEEDBACK_BYTES);
    const writer = this.#writer;
    let seq = this.#nextSeq;
    while (Number.isNaN(arrivedAtMs[slotOf(seq)])) seq++;
    writer.begin(this.#nextSeq as ExtendedSeq, arrivedAtMs[slotOf(seq)]);
    for (; seq <= this.#highest; seq++) {
      const arrivalMs = arrivedAtMs[slotOf(seq)];
      if (!Number.isNaN(arrivalMs) && !writer.add(seq as ExtendedSeq, arrivalMs)) break;
    }
    this.#nextSeq = writer.nextSeq;
    this.#reportedAtMs = nowMs;
    const isAllReported = this.#nextSeq > this.#highest;
    this.#dueAtMs = isAllReported ? Number.POSITIVE_INFINITY : nowMs;
    if (isAllReported) this.#waiting = 0;
    return writer.write(out, offset, senderSsrc, mediaSsrc, this.#feedbackCount++ & 0xff);
  }

  /** Makes `seq` the newest packet; those between it and the newest so far are lost, as far as is known. */
  #advanceTo(arrivedAtMs: Float64Array, seq: number): void {
    // Further than the ring reaches is not a burst of loss but a sender that starts over.
    if (!(seq - this.#highest < CAPACITY)) {
      arrivedAtMs.fill(Number.NaN);
      this.#nextSeq = seq;
    } else {
      for (let lost = this.#highest + 1; lost < seq; lost++) arrivedAtMs[slotOf(lost)] = Number.NaN;
    }
    this.#highest = seq;
    // No feedback was taken in all that time: what is overwritten cannot be reported.
    this.#nextSeq = Math.max(this.#nextSeq, seq - CAPACITY + 1);
  }
}

function slotOf(seq: number): number {
  return seq & (CAPACITY - 1);
}
