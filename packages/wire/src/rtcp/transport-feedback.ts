/**
 * Transport-wide congestion control feedback: when each packet of a transport arrived, or that it did not.
 *
 * @see draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1
 */
import { readUint16, readUint24, readUint32, type Seq16, toSeq16 } from '../numbers.ts';
import { FEEDBACK_HEADER_LENGTH } from './rtcp-header.ts';
import { LARGE_DELTA, NOT_RECEIVED } from './status-chunks.ts';

export const TRANSPORT_FEEDBACK_FORMAT = 15;

/** Resolution of arrival deltas. */
export const TRANSPORT_FEEDBACK_TICKS_PER_MS = 4;
/** Resolution of the reference time. */
export const TRANSPORT_FEEDBACK_REFERENCE_MS = 64;

/** Length of base sequence, status count, reference time and feedback count. */
const FIXED_FCI_LENGTH = 8;
const CHUNK_LENGTH = 2;
/** The number of statuses in a one-bit vector; a two-bit vector has half as many. */
const ONE_BIT_CAPACITY = 14;

/**
 * Feedback on `statusCount` consecutive packets. Only the received ones are listed, in columns whose size is bounded by
 * the bytes on the wire, since eight run-length chunks can declare 65,535 packets lost.
 */
export interface TransportFeedback {
  readonly type: 'transport-feedback';
  readonly senderSsrc: number;
  readonly mediaSsrc: number;
  /** The first packet that is reported on. */
  readonly baseSequence: Seq16;
  /** The number of packets reported on, from `baseSequence`; those not listed as received are lost. */
  readonly statusCount: number;
  /** Counts feedback packets, modulo 256. */
  readonly feedbackCount: number;
  /** The time on the receiver's clock, whose epoch is arbitrary: a multiple of 64 that fits 24 signed bits in that unit. */
  readonly referenceTimeMs: number;
  /** The distance of each received packet from `baseSequence`, ascending, below `statusCount`. */
  readonly receivedOffsets: Uint16Array;
  /**
   * Time from the arrival of the previous received packet to this one's, for the first packet from the reference time,
   * in units of 250 us. May be negative.
   */
  readonly deltaTicks250us: Int16Array;
}

/** Parses the packet from `offset` to `end`; undefined if chunks or deltas extend past it, or a status is reserved. */
export function parseTransportFeedback(bytes: Uint8Array, offset: number, end: number): TransportFeedback | undefined {
  const reader = new TransportFeedbackReader();
  if (!reader.read(bytes, offset, end)) return undefined;
  const { senderSsrc, mediaSsrc, baseSequence, statusCount, feedbackCount, referenceTimeMs, receivedCount } = reader;
  return {
    type: 'transport-feedback',
    senderSsrc,
    mediaSsrc,
    baseSequence,
    statusCount,
    feedbackCount,
    referenceTimeMs,
    receivedOffsets: reader.receivedOffsets.slice(0, receivedCount),
    deltaTicks250us: reader.deltaTicks250us.slice(0, receivedCount),
  };
}

/**
 * Reads feedback into its own columns, which the next `read` overwrites, for callers that receive many reports and keep
 * none. The fields are those of `TransportFeedback`.
 */
export class TransportFeedbackReader {
  senderSsrc = 0;
  mediaSsrc = 0;
  baseSequence = toSeq16(0);
  statusCount = 0;
  feedbackCount = 0;
  referenceTimeMs = 0;
  /** The number of entries of the two columns that belong to this report. */
  receivedCount = 0;
  receivedOffsets = new Uint16Array(0);
  deltaTicks250us = new Int16Array(0);
  /** Offset of the next chunk and, after the chunks, of the first delta. */
  #nextOffset = 0;
  #statusIndex = 0;

  /**
   * Reads the packet from `offset` to `end`. Work is bounded by the size of the packet, which must contain a delta for
   * each received packet.
   *
   * @returns false, with invalid fields, if chunks or deltas extend past the end or a status is reserved
   */
  read(bytes: Uint8Array, offset: number, end: number): boolean {
    const fci = offset + FEEDBACK_HEADER_LENGTH;
    if (fci + FIXED_FCI_LENGTH > end) return false;
    this.senderSsrc = readUint32(bytes, offset + 4);
    this.mediaSsrc = readUint32(bytes, offset + 8);
    this.baseSequence = toSeq16(readUint16(bytes, fci));
    this.statusCount = readUint16(bytes, fci + 2);
    this.referenceTimeMs = ((readUint24(bytes, fci + 4) << 8) >> 8) * TRANSPORT_FEEDBACK_REFERENCE_MS;
    this.feedbackCount = bytes[fci + 7];
    this.receivedCount = 0;
    this.#statusIndex = 0;
    this.#nextOffset = fci + FIXED_FCI_LENGTH;
    // A vector may list 14 statuses before it turns out that there are no bytes for their deltas.
    this.#makeRoom(end - fci + ONE_BIT_CAPACITY);
    return this.#readChunks(bytes, end) && this.#readDeltas(bytes, end);
  }

  #makeRoom(received: number): void {
    if (this.receivedOffsets.length >= received) return;
    this.receivedOffsets = new Uint16Array(received);
    this.deltaTicks250us = new Int16Array(received);
  }

  /** @returns false if the chunks are malformed or end before `statusCount` packets */
  #readChunks(bytes: Uint8Array, end: number): boolean {
    while (this.#statusIndex < this.statusCount) {
      if (this.#nextOffset + CHUNK_LENGTH > end) return false;
      const chunk = readUint16(bytes, this.#nextOffset);
      this.#nextOffset += CHUNK_LENGTH;
      const left = this.statusCount - this.#statusIndex;
      const isRead = chunk < 0x8000 ? this.#readRun(chunk, left, end) : this.#readVector(chunk, left, end);
      if (!isRead) return false;
    }
    return true;
  }

  #readRun(chunk: number, left: number, end: number): boolean {
    const status = chunk >> 13;
    const length = Math.min(chunk & 0x1fff, left);
    if (status === NOT_RECEIVED) {
      this.#statusIndex += length;
      return true;
    }
    // The value of a status is also the length of its delta.
    if (status > LARGE_DELTA || this.#nextOffset + length * status + this.receivedCount > end) return false;
    for (let i = 0; i < length; i++) this.#note(status);
    return true;
  }

  #readVector(chunk: number, left: number, end: number): boolean {
    const bits = (chunk & 0x4000) === 0 ? 1 : 2;
    const length = Math.min(ONE_BIT_CAPACITY / bits, left);
    for (let i = 0; i < length; i++) {
      const status = (chunk >> (ONE_BIT_CAPACITY - bits * (i + 1))) & (bits === 1 ? 1 : 3);
      if (status > LARGE_DELTA) return false;
      this.#note(status);
    }
    return this.#nextOffset + this.receivedCount <= end;
  }

  /** Stores the length of the delta where the delta itself will be. */
  #note(status: number): void {
    if (status !== NOT_RECEIVED) {
      this.receivedOffsets[this.receivedCount] = this.#statusIndex;
      this.deltaTicks250us[this.receivedCount] = status;
      this.receivedCount++;
    }
    this.#statusIndex++;
  }

  #readDeltas(bytes: Uint8Array, end: number): boolean {
    let at = this.#nextOffset;
    for (let i = 0; i < this.receivedCount; i++) {
      const length = this.deltaTicks250us[i];
      if (at + length > end) return false;
      this.deltaTicks250us[i] = length === LARGE_DELTA ? readUint16(bytes, at) : bytes[at];
      at += length;
    }
    return true;
  }
}
