/**
 * Records when each packet of each of a peer's streams arrived, until this has been reported to the peer's congestion control. For peers
 * whose packets carry no transport-wide numbers.
 *
 * @see RFC 8888
 */
import { type ReportedPacket, type ReportedStream, type Seq16, SequenceUnwrapper, writeCongestionFeedback } from '@causeway/wire';

/** How many packets of a stream one report covers at most, a power of two: 100 ms at 5,000 packets per second. */
const CAPACITY = 512;
/** A peer has two streams for each layer of each track. What is sent under further SSRCs is not reported. */
const MAX_STREAMS = 256;
const MAX_INTERVAL_MS = 100;
const MIN_INTERVAL_MS = 50;
/** A report that covers this many packets is not delayed beyond the minimum interval. */
const MANY_PACKETS = 20;
/** Fits any path MTU, with room for IP, UDP and SRTCP. */
const MAX_REPORT_BYTES = 1100;
const FIXED_BYTES = 12;
/** A stream's SSRC, first number, number of packets, and padding. */
const STREAM_BYTES = 10;
const PACKET_BYTES = 2;

export class StreamRecorder {
  readonly #streams = new Map<number, StreamArrivals>();
  #waiting = 0;
  #dueAtMs = Number.POSITIVE_INFINITY;
  #reportedAtMs = Number.NEGATIVE_INFINITY;

  /** Records the arrival of a packet. Of several with the same number, the first counts. */
  record(nowMs: number, ssrc: number, sequence: Seq16): void {
    let stream = this.#streams.get(ssrc);
    if (stream === undefined) {
      if (this.#streams.size === MAX_STREAMS) return;
      stream = new StreamArrivals();
      this.#streams.set(ssrc, stream);
    }
    if (!stream.record(nowMs, sequence)) return;
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
    let roomBytes = MAX_REPORT_BYTES - FIXED_BYTES;
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
  readonly #arrivedAtMs = new Float64Array(CAPACITY).fill(Number.NaN);
  #highest = Number.NaN;
  /** The first packet that the next report covers. */
  #next = Number.NaN;

  get isWaiting(): boolean {
    return this.#next <= this.#highest;
  }

  /** @returns false if it has been recorded before, or comes too late to be */
  record(nowMs: number, sequence16: Seq16): boolean {
    const sequence = this.#unwrapper.unwrap(sequence16);
    if (!(sequence <= this.#highest)) this.#advanceTo(sequence);
    else if (sequence <= this.#highest - CAPACITY || !Number.isNaN(this.#arrivedAtMs[slotOf(sequence)])) return false;
    this.#arrivedAtMs[slotOf(sequence)] = nowMs;
    this.#next = Math.min(this.#next, sequence);
    return true;
  }

  /** Takes what is to be reported, at most so many packets. */
  take(nowMs: number, packets: number): Pick<ReportedStream, 'firstSequence' | 'packets'> {
    const firstSequence = this.#next & 0xffff;
    const end = Math.min(this.#highest + 1, this.#next + packets);
    const taken: (ReportedPacket | undefined)[] = [];
    for (; this.#next < end; this.#next++) {
      const atMs = this.#arrivedAtMs[slotOf(this.#next)];
      taken.push(Number.isNaN(atMs) ? undefined : { arrivedBeforeMs: nowMs - atMs });
    }
    return { firstSequence, packets: taken };
  }

  /** Makes `sequence` the newest packet. Those between it and the previous newest count as lost for now. */
  #advanceTo(sequence: number): void {
    // A jump beyond the ring is not a burst of loss, but a sender that starts over.
    if (!(sequence - this.#highest < CAPACITY)) {
      this.#arrivedAtMs.fill(Number.NaN);
      this.#next = sequence;
    } else for (let lost = this.#highest + 1; lost < sequence; lost++) this.#arrivedAtMs[slotOf(lost)] = Number.NaN;
    this.#highest = sequence;
    this.#next = Math.max(this.#next, sequence - CAPACITY + 1);
  }
}

function slotOf(sequence: number): number {
  return sequence & (CAPACITY - 1);
}
