/**
 * Sends feedback about a peer's packets, for the peer's congestion control: by transport-wide numbers, or per stream.
 *
 * @see draft-holmer-rmcat-transport-wide-cc-extensions-01; RFC 8888
 */
import {
  ECN_CONGESTION_EXPERIENCED,
  ECN_NOT_CAPABLE,
  type ExtendedSeq,
  type ReportedPacket,
  type ReportedStream,
  type RtpView,
  readTransportSequence,
  type Seq16,
  SequenceUnwrapper,
  TRANSPORT_WIDE_CC_URI,
  TransportFeedbackWriter,
  writeCongestionFeedback,
} from '@causeway/wire';
import { UNKNOWN_ECN } from '../demux/path.ts';
import type { EngineContext } from '../engine-context.ts';
import type { ExtensionPlan } from '../plan.ts';
import type { Timer } from '../timers.ts';

/** How many arrivals are remembered, a power of two: 100 ms at 20,000 packets per second. */
const ARRIVALS = 2048;
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
/** How many packets of a stream one report covers at most, a power of two: 100 ms at 5,000 packets per second. */
const STREAM_ARRIVALS = 512;
/** A peer has two streams for each layer of each track. What is sent under further SSRCs is not reported. */
const MAX_STREAMS = 256;
const FIXED_BYTES = 12;
/** A stream's SSRC, first number, number of packets, and padding. */
const STREAM_BYTES = 10;
const PACKET_BYTES = 2;

/** The transport whose packets the feedback is about. */
export interface ReportingTransport {
  readonly context: Pick<EngineContext, 'timers'>;
  readonly rtcp: {
    sendTransportFeedback(nowMs: number, recorder: TwccRecorder, mediaSsrc: number): void;
    sendCongestionFeedback(nowMs: number, recorder: StreamRecorder): void;
  };
  reportDefect(error: unknown): void;
}

export class ArrivalFeedback implements Timer {
  readonly #transport: ReportingTransport;
  readonly #recorder = new TwccRecorder();
  /** Created for a peer that wants per-stream reports. */
  #streamRecorder: StreamRecorder | undefined = undefined;
  #extensionId = 0;
  #mediaSsrc = 0;
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;

  constructor(transport: ReportingTransport) {
    this.#transport = transport;
  }

  /** Sets the extension id of the transport-wide sequence number, which is the same for the whole bundle. */
  useExtensions(extensions: readonly ExtensionPlan[]): void {
    const id = extensions.find(({ uri }) => uri === TRANSPORT_WIDE_CC_URI)?.id;
    if (id !== undefined) this.#extensionId = id;
  }

  /** Sets whether reports are per stream. */
  reportByStream(isByStream: boolean): void {
    if (!isByStream) this.#streamRecorder = undefined;
    else this.#streamRecorder ??= new StreamRecorder();
  }

  /** @param ecn the ECN field that the packet arrived with, or `UNKNOWN_ECN` */
  recordArrival(nowMs: number, view: RtpView, ecn: number): void {
    if (this.#streamRecorder !== undefined) {
      this.#streamRecorder.record(nowMs, view.ssrc, view.sequenceNumber, ecn);
      this.#schedule(this.#streamRecorder.dueAt());
      return;
    }
    if (this.#extensionId === 0 || !view.findExtension(this.#extensionId)) return;
    const sequence = readTransportSequence(view.bytes, view.extensionOffset, view.extensionLength);
    if (sequence === undefined) return;
    this.#mediaSsrc = view.ssrc;
    this.#recorder.record(nowMs, sequence);
    this.#schedule(this.#recorder.dueAt());
  }

  fire(nowMs: number): void {
    const streams = this.#streamRecorder;
    if (streams === undefined) this.#transport.rtcp.sendTransportFeedback(nowMs, this.#recorder, this.#mediaSsrc);
    else this.#transport.rtcp.sendCongestionFeedback(nowMs, streams);
    this.#transport.context.timers.schedule((streams ?? this.#recorder).dueAt(), this);
  }

  fail(error: unknown): void {
    this.#transport.reportDefect(error);
  }

  close(): void {
    this.#transport.context.timers.cancel(this);
  }

  #schedule(dueMs: number): void {
    if (dueMs < this.deadlineMs) this.#transport.context.timers.schedule(dueMs, this);
  }
}

/**
 * Records when each packet of one transport arrived, until this has been reported to the peer's congestion control. Transport-wide numbers
 * span all streams of the peer, so there is one recorder per transport.
 *
 * @see draft-holmer-rmcat-transport-wide-cc-extensions-01
 */
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
    this.#arrivedAtMs ??= new Float64Array(ARRIVALS).fill(Number.NaN);
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
    if (!(seq - this.#highest < ARRIVALS)) {
      arrivedAtMs.fill(Number.NaN);
      this.#nextSeq = seq;
    } else {
      for (let lost = this.#highest + 1; lost < seq; lost++) arrivedAtMs[slotOf(lost)] = Number.NaN;
    }
    this.#highest = seq;
    // No feedback was taken in all that time, and overwritten arrivals can no longer be reported.
    this.#nextSeq = Math.max(this.#nextSeq, seq - ARRIVALS + 1);
  }
}

function slotOf(seq: number): number {
  return seq & (ARRIVALS - 1);
}

/**
 * Records when each packet of each of a peer's streams arrived, and with which ECN field, until this has been reported to the peer's
 * congestion control. For peers whose packets carry no transport-wide numbers.
 *
 * @see RFC 8888
 */
export class StreamRecorder {
  readonly #streams = new Map<number, StreamArrivals>();
  /** The ECN field of the peer's packets as it sends them, as far as it has been seen. */
  #sentEcn = ECN_NOT_CAPABLE;
  #waiting = 0;
  #dueAtMs = Number.POSITIVE_INFINITY;
  #reportedAtMs = Number.NEGATIVE_INFINITY;

  /**
   * Records the arrival of a packet. Of several with the same number, the first counts.
   *
   * @param ecn its ECN field. If this is unknown, the packet counts as one that no router has marked: libuv reads the first datagram of a
   * turn and does not tell the field, and one packet that is reported as not ECN-capable makes libwebrtc give up ECN
   */
  record(nowMs: number, ssrc: number, sequence: Seq16, ecn: number): void {
    if (ecn !== UNKNOWN_ECN && ecn !== ECN_CONGESTION_EXPERIENCED) this.#sentEcn = ecn;
    let stream = this.#streams.get(ssrc);
    if (stream === undefined) {
      if (this.#streams.size === MAX_STREAMS) return;
      stream = new StreamArrivals();
      this.#streams.set(ssrc, stream);
    }
    if (!stream.record(nowMs, sequence, ecn === UNKNOWN_ECN ? this.#sentEcn : ecn)) return;
    this.#waiting++;
    if (this.#waiting === 1) this.#dueAtMs = nowMs + MAX_INTERVAL_MS;
    else if (this.#waiting === MANY_PACKETS) this.#dueAtMs = Math.min(this.#dueAtMs, Math.max(nowMs, this.#reportedAtMs + MIN_INTERVAL_MS));
  }

  /** When to call `writeFeedback` next; Infinity if there is nothing to report. */
  dueAt(): number {
    return this.#dueAtMs;
  }

  /**
   * Writes one report about what has arrived since the last. What does not fit is left for the next call, which is then due at once.
   *
   * @param out has at least 1,100 bytes after `offset`
   * @returns the offset after the packet; `offset` itself if there is nothing to report
   */
  writeFeedback(nowMs: number, senderSsrc: number, out: Uint8Array, offset: number): number {
    if (this.#waiting === 0) return offset;
    const reported: ReportedStream[] = [];
    let roomBytes = MAX_FEEDBACK_BYTES - FIXED_BYTES;
    let isAllReported = true;
    for (const [ssrc, stream] of this.#streams) {
      if (!stream.isWaiting) continue;
      const packets = Math.floor((roomBytes - STREAM_BYTES) / PACKET_BYTES);
      if (packets > 0) {
        const part = stream.take(nowMs, packets);
        reported.push({ ssrc, ...part });
        roomBytes -= STREAM_BYTES + PACKET_BYTES * part.packets.length;
      }
      isAllReported = isAllReported && !stream.isWaiting;
    }
    this.#reportedAtMs = nowMs;
    this.#dueAtMs = isAllReported ? Number.POSITIVE_INFINITY : nowMs;
    if (isAllReported) this.#waiting = 0;
    return writeCongestionFeedback(out, offset, senderSsrc, nowMs, reported);
  }
}

/** The newest packets of one stream. */
class StreamArrivals {
  readonly #unwrapper = new SequenceUnwrapper();
  /** A ring by sequence number; NaN for packets that have not arrived. */
  readonly #arrivedAtMs = new Float64Array(STREAM_ARRIVALS).fill(Number.NaN);
  readonly #ecn = new Uint8Array(STREAM_ARRIVALS);
  #highest = Number.NaN;
  /** The first packet that the next report covers. */
  #next = Number.NaN;

  get isWaiting(): boolean {
    return this.#next <= this.#highest;
  }

  /** @returns false if it has been recorded before, or comes too late to be reported */
  record(nowMs: number, sequence16: Seq16, ecn: number): boolean {
    const sequence = this.#unwrapper.unwrap(sequence16);
    if (!(sequence <= this.#highest)) this.#advanceTo(sequence);
    else if (sequence <= this.#highest - STREAM_ARRIVALS || !Number.isNaN(this.#arrivedAtMs[streamSlotOf(sequence)])) return false;
    this.#arrivedAtMs[streamSlotOf(sequence)] = nowMs;
    this.#ecn[streamSlotOf(sequence)] = ecn;
    this.#next = Math.min(this.#next, sequence);
    return true;
  }

  /** Takes what is to be reported, at most this many packets. */
  take(nowMs: number, packets: number): Pick<ReportedStream, 'firstSequence' | 'packets'> {
    const firstSequence = this.#next & 0xffff;
    const end = Math.min(this.#highest + 1, this.#next + packets);
    const taken: (ReportedPacket | undefined)[] = [];
    for (; this.#next < end; this.#next++) {
      const slot = streamSlotOf(this.#next);
      const atMs = this.#arrivedAtMs[slot];
      taken.push(Number.isNaN(atMs) ? undefined : { ecn: this.#ecn[slot], arrivedBeforeMs: nowMs - atMs });
    }
    return { firstSequence, packets: taken };
  }

  /** Makes `sequence` the newest packet. Those between it and the previous newest count as lost for now. */
  #advanceTo(sequence: number): void {
    // A jump beyond the ring is not a burst of loss, but a sender that starts over.
    if (!(sequence - this.#highest < STREAM_ARRIVALS)) {
      this.#arrivedAtMs.fill(Number.NaN);
      this.#next = sequence;
    } else for (let lost = this.#highest + 1; lost < sequence; lost++) this.#arrivedAtMs[streamSlotOf(lost)] = Number.NaN;
    this.#highest = sequence;
    this.#next = Math.max(this.#next, sequence - STREAM_ARRIVALS + 1);
  }
}

function streamSlotOf(sequence: number): number {
  return sequence & (STREAM_ARRIVALS - 1);
}
