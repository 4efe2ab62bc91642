/**
 * Records when each packet of one transport arrived, until this has been reported to the peer's congestion control. Transport-wide numbers
 * span all streams of the peer, so there is one recorder per transport.
 *
 * @see draft-holmer-rmcat-transport-wide-cc-extensions-01
 */
import { type ExtendedSeq, type Seq16, SequenceUnwrapper, TransportFeedbackWriter } from '@causeway/wire';

/** How many arrivals are remembered, a power of two: 100 ms at 20,000 packets per second. */
const CAPACITY = 2048;
/** How far back a packet that was reported lost is still reported if it arrives late. */
const REORDER_REACH = 512;
/** A sender's delay-based estimate needs feedback at least this often. */
const MAX_INTERVAL_MS = 100;
/** Feedback is not sent more often than this, even if many packets wait. */
const MIN_INTERVAL_MS = 50;
/** With this many packets waiting, feedback is sent as soon as the minimum interval allows. */
const MANY_PACKETS = 20;
/** Fits any path MTU, with room for IP, UDP and SRTCP. */
const MAX_FEEDBACK_BYTES = 1100;

export class TwccRecorder {
  readonly #unwrapper = new SequenceUnwrapper();
  /** A ring by sequence number; NaN for packets that have not arrived. Created with the first packet, since most peers only subscribe. */
  #arrivedAtMs: Float64Array | undefined;
  #writer: TransportFeedbackWriter | undefined;
  #highest = Number.NaN;
  /** The first packet that the next feedback reports on. */
  #nextSeq = Number.NaN;
  #waiting = 0;
  #dueAtMs = Number.POSITIVE_INFINITY;
  #reportedAtMs = Number.NEGATIVE_INFINITY;
  #feedbackCount = 0;

  /** Records the arrival of a packet. Of several with the same number, the first counts. */
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

  /** When to call `writeFeedback` next; Infinity if there is nothing to report. */
  dueAt(): number {
    return this.#dueAtMs;
  }

  /**
   * Writes one feedback packet about everything that has arrived since the last. Packets missing below the newest are reported lost. What
   * does not fit, or is too far apart in time, is left for the next call, which is then due at once.
   *
   * @param out has at least 1,100 bytes after `offset`
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

  /** Makes `seq` the newest packet. Those between it and the previous newest count as lost for now. */
  #advanceTo(arrivedAtMs: Float64Array, seq: number): void {
    // A jump beyond the ring is not a burst of loss, but a sender that starts over.
    if (!(seq - this.#highest < CAPACITY)) {
      arrivedAtMs.fill(Number.NaN);
      this.#nextSeq = seq;
    } else {
      for (let lost = this.#highest + 1; lost < seq; lost++) arrivedAtMs[slotOf(lost)] = Number.NaN;
    }
    this.#highest = seq;
    // No feedback was taken in all that time, and overwritten arrivals can no longer be reported.
    this.#nextSeq = Math.max(this.#nextSeq, seq - CAPACITY + 1);
  }
}

function slotOf(seq: number): number {
  return seq & (CAPACITY - 1);
}
