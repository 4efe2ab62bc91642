/**
 * Transport-wide congestion control feedback: when each packet of a transport arrived, or that it did not.
 *
 * @see draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1
 */
import { readUint16, readUint24, readUint32 } from '../big-endian.ts';
import { type Seq16, toSeq16 } from '../sequence.ts';
import { FEEDBACK_HEADER_LENGTH } from './rtcp-header.ts';
import { LARGE_DELTA, NOT_RECEIVED } from './status-chunks.ts';

export const TRANSPORT_FEEDBACK_FORMAT = 15;

/** Resolution of arrival deltas. */
export const TRANSPORT_FEEDBACK_TICKS_PER_MS = 4;
/** Resolution of the reference time. */
export const TRANSPORT_FEEDBACK_REFERENCE_MS = 64;

/** Base sequence, status count, reference time, feedback count. */
const FIXED_FCI_LENGTH = 8;
const CHUNK_LENGTH = 2;

/**
 * Feedback on `statusCount` consecutive packets. Only the received ones are listed, in columns that grow with the bytes on
 * the wire: eight run-length chunks can declare 65,535 packets lost.
 */
export interface TransportFeedback {
  readonly type: 'transport-feedback';
  readonly senderSsrc: number;
  readonly mediaSsrc: number;
  /** The first packet reported on. */
  readonly baseSequence: Seq16;
  /** How many packets, from `baseSequence` on, are reported on; those not listed as received are lost. */
  readonly statusCount: number;
  /** Counts feedback packets, modulo 256. */
  readonly feedbackCount: number;
  /** On the receiver's clock, of any epoch: a multiple of 64, within 24 signed bits of that unit. */
  readonly referenceTimeMs: number;
  /** How far after `baseSequence` each received packet lies, ascending, below `statusCount`. */
  readonly receivedOffsets: Uint16Array;
  /** Its arrival after that of the received packet before it, of the first one after the reference time; in 250 us, may be negative. */
  readonly deltaTicks250us: Int16Array;
}

/** Parses the packet from `offset` to `end`; undefined if chunks or deltas run past it, or a status is the reserved one. */
export function parseTransportFeedback(bytes: Uint8Array, offset: number, end: number): TransportFeedback | undefined {
  const fci = offset + FEEDBACK_HEADER_LENGTH;
  if (fci + FIXED_FCI_LENGTH > end) return undefined;
  const statusCount = readUint16(bytes, fci + 2);
  const statuses = new StatusReader(bytes, fci + FIXED_FCI_LENGTH, end);
  if (!statuses.read(statusCount)) return undefined;
  const deltaTicks250us = readDeltas(bytes, statuses.nextOffset, end, statuses.largeDelta);
  if (deltaTicks250us === undefined) return undefined;
  return {
    type: 'transport-feedback',
    senderSsrc: readUint32(bytes, offset + 4),
    mediaSsrc: readUint32(bytes, offset + 8),
    baseSequence: toSeq16(readUint16(bytes, fci)),
    statusCount,
    feedbackCount: bytes[fci + 7],
    referenceTimeMs: ((readUint24(bytes, fci + 4) << 8) >> 8) * TRANSPORT_FEEDBACK_REFERENCE_MS,
    receivedOffsets: Uint16Array.from(statuses.receivedOffsets),
    deltaTicks250us,
  };
}

/** Walks status chunks. Work is bounded by the bytes left: a received packet must have its delta in them. */
class StatusReader {
  readonly receivedOffsets: number[] = [];
  /** For each received packet, whether its delta has two bytes. */
  readonly largeDelta: boolean[] = [];
  /** Where the deltas begin, after `read`. */
  nextOffset: number;
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #statusIndex = 0;

  constructor(bytes: Uint8Array, offset: number, end: number) {
    this.#bytes = bytes;
    this.nextOffset = offset;
    this.#end = end;
  }

  /** @returns false if the chunks are malformed or end before `statusCount` packets */
  read(statusCount: number): boolean {
    while (this.#statusIndex < statusCount) {
      if (this.nextOffset + CHUNK_LENGTH > this.#end) return false;
      const chunk = readUint16(this.#bytes, this.nextOffset);
      this.nextOffset += CHUNK_LENGTH;
      const left = statusCount - this.#statusIndex;
      const ok = chunk < 0x8000 ? this.#readRun(chunk, left) : this.#readVector(chunk, left);
      if (!ok) return false;
    }
    return true;
  }

  #readRun(chunk: number, left: number): boolean {
    const status = chunk >> 13;
    const length = Math.min(chunk & 0x1fff, left);
    if (status === NOT_RECEIVED) {
      this.#statusIndex += length;
      return true;
    }
    // A status is also the length of its delta.
    if (status > LARGE_DELTA || this.nextOffset + length * status > this.#end) return false;
    for (let i = 0; i < length; i++) this.#note(status);
    return true;
  }

  #readVector(chunk: number, left: number): boolean {
    const bits = (chunk & 0x4000) === 0 ? 1 : 2;
    const length = Math.min(14 / bits, left);
    for (let i = 0; i < length; i++) {
      const status = (chunk >> (14 - bits * (i + 1))) & (bits === 1 ? 1 : 3);
      if (status > LARGE_DELTA) return false;
      this.#note(status);
    }
    return true;
  }

  #note(status: number): void {
    if (status !== NOT_RECEIVED) {
      this.receivedOffsets.push(this.#statusIndex);
      this.largeDelta.push(status === LARGE_DELTA);
    }
    this.#statusIndex++;
  }
}

function readDeltas(bytes: Uint8Array, offset: number, end: number, largeDelta: readonly boolean[]): Int16Array | undefined {
  const deltas = new Int16Array(largeDelta.length);
  let at = offset;
  for (let i = 0; i < largeDelta.length; i++) {
    const length = largeDelta[i] ? 2 : 1;
    if (at + length > end) return undefined;
    deltas[i] = largeDelta[i] ? readUint16(bytes, at) : bytes[at];
    at += length;
  }
  return deltas;
}
