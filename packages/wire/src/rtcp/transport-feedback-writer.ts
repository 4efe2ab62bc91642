/**
 * Writes transport-wide feedback, from recorded arrivals or from a value.
 *
 * @see draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1
 */
import { type ExtendedSeq, toSeq16, writeUint16, writeUint24 } from '../numbers.ts';
import { FEEDBACK_HEADER_LENGTH, RTCP_TRANSPORT_FEEDBACK, writeFeedbackHeader } from './rtcp-header.ts';
import { LARGE_DELTA, NOT_RECEIVED, SMALL_DELTA, StatusChunks } from './status-chunks.ts';
import {
  TRANSPORT_FEEDBACK_FORMAT,
  TRANSPORT_FEEDBACK_REFERENCE_MS,
  TRANSPORT_FEEDBACK_TICKS_PER_MS,
  type TransportFeedback,
} from './transport-feedback.ts';

const FIXED_FCI_LENGTH = 8;
const MAX_STATUS_COUNT = 0xffff;
const MAX_DELTA_TICKS = 0x7fff;
const MIN_DELTA_TICKS = -0x8000;
const MAX_SMALL_DELTA_TICKS = 0xff;
const WORD_LENGTH = 4;
/** Common header, fixed fields, three chunks and a large delta: enough for any single packet. */
const MIN_SIZE_BYTES = 32;

type FeedbackHeader = Omit<TransportFeedback, 'type' | 'statusCount' | 'receivedOffsets' | 'deltaTicks250us'>;

/**
 * Collects arrivals in sequence order and writes them as one feedback packet. The object is reusable and does not
 * allocate once created:
 *
 * ```ts
 * writer.begin(base, firstArrivalMs);
 * for (const { seq, arrivalMs } of arrivals) if (!writer.add(seq, arrivalMs)) break; // the rest goes into another packet
 * next = writer.write(out, offset, senderSsrc, mediaSsrc, feedbackCount);
 * ```
 */
export class TransportFeedbackWriter {
  readonly #maxSizeBytes: number;
  readonly #body: FeedbackBody;
  #base: ExtendedSeq | undefined;
  #nextSeq = 0;
  #referenceTimeMs = 0;
  #lastTicks = 0;

  /** @param maxSizeBytes upper bound of the packet's size; at least 32 */
  constructor(maxSizeBytes: number) {
    this.#maxSizeBytes = Math.max(maxSizeBytes, MIN_SIZE_BYTES);
    this.#body = new FeedbackBody(this.#maxSizeBytes, this.#maxSizeBytes);
  }

  /** The sequence number after the last one reported so far: the base of the next feedback, if there is to be no gap. */
  get nextSeq(): ExtendedSeq {
    return this.#nextSeq as ExtendedSeq;
  }

  /**
   * @param base the first packet to report on, received or not
   * @param firstArrivalMs when the first received one arrived, on the clock of all arrivals
   */
  begin(base: ExtendedSeq, firstArrivalMs: number): void {
    this.#base = base;
    this.#nextSeq = base;
    this.#body.clear();
    const units = Math.floor(firstArrivalMs / TRANSPORT_FEEDBACK_REFERENCE_MS);
    this.#referenceTimeMs = units * TRANSPORT_FEEDBACK_REFERENCE_MS;
    this.#lastTicks = this.#referenceTimeMs * TRANSPORT_FEEDBACK_TICKS_PER_MS;
  }

  /**
   * Records that `seq` arrived, and that the packets between the last recorded one and this one did not.
   *
   * @returns false, with nothing recorded, if this packet has to wait for the next feedback: the feedback is full, the
   * packet is more than 8 s from the last one or 65,535 packets from the base, or it does not come after the last one
   */
  add(seq: ExtendedSeq, arrivalMs: number): boolean {
    // Rounding each arrival, not each difference, keeps the errors from adding up.
    const ticks = Math.round(arrivalMs * TRANSPORT_FEEDBACK_TICKS_PER_MS);
    const delta = ticks - this.#lastTicks;
    const lost = seq - this.#nextSeq;
    if (delta < MIN_DELTA_TICKS || delta > MAX_DELTA_TICKS) return false;
    if (lost < 0 || this.#body.statusCount + lost >= MAX_STATUS_COUNT) return false;
    if (this.#body.maxSizeBytesWith(lost) > this.#maxSizeBytes) return false;
    this.#body.addLost(lost);
    this.#body.addReceived(delta);
    this.#nextSeq = seq + 1;
    this.#lastTicks = ticks;
    return true;
  }

  /** @returns the offset after the packet, beyond `out.length` if there is no room; `offset` itself if nothing was recorded */
  write(out: Uint8Array, offset: number, senderSsrc: number, mediaSsrc: number, feedbackCount: number): number {
    if (this.#base === undefined || this.#body.statusCount === 0) return offset;
    const baseSequence = toSeq16(this.#base);
    const referenceTimeMs = this.#referenceTimeMs;
    return this.#body.write(out, offset, { senderSsrc, mediaSsrc, baseSequence, feedbackCount, referenceTimeMs });
  }
}

/**
 * Writes a feedback value as one packet of any size.
 *
 * @returns the offset after the packet; beyond `out.length` if there is no room
 */
export function writeTransportFeedback(out: Uint8Array, offset: number, feedback: Omit<TransportFeedback, 'type'>): number {
  const { receivedOffsets, deltaTicks250us, statusCount } = feedback;
  // A chunk contains at least seven statuses when it is closed.
  const body = new FeedbackBody(Math.ceil(statusCount / 7) + 1, deltaTicks250us.length * 2);
  for (let i = 0; i < receivedOffsets.length; i++) {
    body.addLost(receivedOffsets[i] - body.statusCount);
    body.addReceived(deltaTicks250us[i]);
  }
  body.addLost(statusCount - body.statusCount);
  return body.write(out, offset, feedback);
}

/** Chunks and deltas of one packet. */
class FeedbackBody {
  statusCount = 0;
  readonly #chunks: StatusChunks;
  readonly #deltas: Uint8Array;
  #deltasLength = 0;

  constructor(maxChunks: number, maxDeltasLength: number) {
    this.#chunks = new StatusChunks(maxChunks);
    this.#deltas = new Uint8Array(maxDeltasLength);
  }

  clear(): void {
    this.statusCount = 0;
    this.#chunks.clear();
    this.#deltasLength = 0;
  }

  /** Upper bound of the packet's size after another `lost` lost packets and a received one; at most 8 bytes too high. */
  maxSizeBytesWith(lost: number): number {
    return paddedSize(this.#chunks.maxLengthBytesWith(lost) + this.#deltasLength + 2);
  }

  addLost(count: number): void {
    this.#chunks.add(NOT_RECEIVED, count);
    this.statusCount += count;
  }

  addReceived(deltaTicks: number): void {
    const isSmall = deltaTicks >= 0 && deltaTicks <= MAX_SMALL_DELTA_TICKS;
    this.#chunks.add(isSmall ? SMALL_DELTA : LARGE_DELTA, 1);
    this.statusCount++;
    if (isSmall) this.#deltas[this.#deltasLength++] = deltaTicks;
    else this.#deltasLength = writeUint16(this.#deltas, this.#deltasLength, deltaTicks);
  }

  write(out: Uint8Array, offset: number, header: FeedbackHeader): number {
    const end = offset + paddedSize(this.#chunks.lengthBytes + this.#deltasLength);
    const fciLength = end - offset - FEEDBACK_HEADER_LENGTH;
    const { senderSsrc, mediaSsrc } = header;
    const format = TRANSPORT_FEEDBACK_FORMAT;
    let at = writeFeedbackHeader(out, offset, format, RTCP_TRANSPORT_FEEDBACK, fciLength, senderSsrc, mediaSsrc);
    at = writeUint16(out, at, header.baseSequence);
    at = writeUint16(out, at, this.statusCount);
    at = writeUint24(out, at, Math.floor(header.referenceTimeMs / TRANSPORT_FEEDBACK_REFERENCE_MS));
    out[at++] = header.feedbackCount;
    at = this.#chunks.write(out, at);
    for (let i = 0; i < this.#deltasLength; i++) out[at++] = this.#deltas[i];
    while (at < end) out[at++] = 0;
    return end;
  }
}

function paddedSize(chunksAndDeltasLength: number): number {
  const size = FEEDBACK_HEADER_LENGTH + FIXED_FCI_LENGTH + chunksAndDeltasLength;
  return Math.ceil(size / WORD_LENGTH) * WORD_LENGTH;
}
