/**
 * Congestion control feedback: which packets of each stream arrived, how long before the report, and with which ECN mark.
 *
 * @see RFC 8888 §3.1
 */
import { readUint16, readUint32, writeUint16, writeUint32 } from '../numbers.ts';
import { FEEDBACK_HEADER_LENGTH, RTCP_TRANSPORT_FEEDBACK, writeFeedbackHeader } from './rtcp-header.ts';

export const CONGESTION_FEEDBACK_FORMAT = 11;

/** The report timestamp is the middle of an NTP timestamp, so it wraps after this time. */
export const CONGESTION_FEEDBACK_PERIOD_MS = 65_536_000;
const TIMESTAMP_UNITS_PER_MS = 65.536;
const TIMESTAMP_LENGTH = 4;
/** SSRC, first sequence number, number of packets. */
const BLOCK_HEADER_LENGTH = 8;
const WORD_LENGTH = 4;
const RECEIVED = 0x8000;
const ECN_SHIFT = 13;
const OFFSET_MASK = 0x1fff;
/** This value and the one above stand for offsets that are too large or unknown. */
const NO_OFFSET = 0x1ffe;
const OFFSET_UNITS_PER_MS = 1.024;

/** The ECN field of an IP header (RFC 3168 §5) if routers may not mark the packet. */
export const ECN_NOT_CAPABLE = 0;
/** The same if they may, and marks are answered as losses are: ECT(0). */
export const ECN_CAPABLE = 2;
/** The same once a router has set a mark. */
export const ECN_CONGESTION_EXPERIENCED = 3;

/**
 * Reads feedback into its own columns, which the next `read` overwrites. There is one entry for each packet that the
 * report covers, received or not, in the order of the report.
 */
export class CongestionFeedbackReader {
  senderSsrc = 0;
  /** The time on the receiver's clock, whose epoch is arbitrary. It wraps after `CONGESTION_FEEDBACK_PERIOD_MS`. */
  reportedAtMs = 0;
  /** The number of entries of the columns that belong to this report. */
  count = 0;
  ssrcs = new Uint32Array(0);
  sequences = new Uint16Array(0);
  #packets = new Uint16Array(0);

  /**
   * Reads the packet from `offset` to `end`. Work is bounded by its size, since each entry takes two bytes.
   *
   * @returns false, with invalid fields, if there is no timestamp or a stream's packets extend past the end
   */
  read(bytes: Uint8Array, offset: number, end: number): boolean {
    const blocksEnd = end - TIMESTAMP_LENGTH;
    let at = offset + FEEDBACK_HEADER_LENGTH - WORD_LENGTH;
    if (at > blocksEnd) return false;
    this.senderSsrc = readUint32(bytes, offset + 4);
    this.reportedAtMs = readUint32(bytes, blocksEnd) / TIMESTAMP_UNITS_PER_MS;
    this.count = 0;
    this.#makeRoom((blocksEnd - at) >> 1);
    while (at < blocksEnd) {
      if (at + BLOCK_HEADER_LENGTH > blocksEnd) return false;
      const packets = readUint16(bytes, at + 6);
      const packetsEnd = at + BLOCK_HEADER_LENGTH + paddedLength(2 * packets);
      if (packetsEnd > blocksEnd) return false;
      this.#readBlock(bytes, at, packets);
      at = packetsEnd;
    }
    return true;
  }

  isReceived(index: number): boolean {
    return (this.#packets[index] & RECEIVED) !== 0;
  }

  /** The ECN field that the packet arrived with; 0 if it did not arrive. */
  ecn(index: number): number {
    return (this.#packets[index] >> ECN_SHIFT) & 3;
  }

  /** When the packet arrived, before `reportedAtMs`; NaN if that is not known. */
  arrivedBeforeMs(index: number): number {
    const units = this.#packets[index] & OFFSET_MASK;
    return units >= NO_OFFSET ? Number.NaN : units / OFFSET_UNITS_PER_MS;
  }

  #makeRoom(entries: number): void {
    if (this.ssrcs.length >= entries) return;
    this.ssrcs = new Uint32Array(entries);
    this.sequences = new Uint16Array(entries);
    this.#packets = new Uint16Array(entries);
  }

  #readBlock(bytes: Uint8Array, offset: number, packets: number): void {
    const ssrc = readUint32(bytes, offset);
    const first = readUint16(bytes, offset + 4);
    for (let index = 0; index < packets; index++) {
      const packet = readUint16(bytes, offset + BLOCK_HEADER_LENGTH + 2 * index);
      this.ssrcs[this.count] = ssrc;
      this.sequences[this.count] = first + index;
      this.#packets[this.count++] = (packet & RECEIVED) === 0 ? 0 : packet;
    }
  }
}

/** A received packet in a report that is written. */
export interface ReportedPacket {
  /** Default: 0, not ECN-capable. */
  readonly ecn?: number;
  /** Default: unknown. */
  readonly arrivedBeforeMs?: number;
}

/** What a report says about one stream: its packets from a sequence number on, `undefined` for those that did not arrive. */
export interface ReportedStream {
  readonly ssrc: number;
  readonly firstSequence: number;
  readonly packets: readonly (ReportedPacket | undefined)[];
}

/** @returns the offset after the packet; beyond `out.length` if there is no room */
export function writeCongestionFeedback(
  out: Uint8Array,
  offset: number,
  senderSsrc: number,
  reportedAtMs: number,
  streams: readonly ReportedStream[],
): number {
  // The header of this message has no SSRC of a media source: the first block begins in its place.
  let at = offset + FEEDBACK_HEADER_LENGTH - WORD_LENGTH;
  const length = streams.reduce((sum, { packets }) => sum + BLOCK_HEADER_LENGTH + paddedLength(2 * packets.length), TIMESTAMP_LENGTH);
  writeFeedbackHeader(out, offset, CONGESTION_FEEDBACK_FORMAT, RTCP_TRANSPORT_FEEDBACK, length - WORD_LENGTH, senderSsrc, 0);
  for (const { ssrc, firstSequence, packets } of streams) {
    const packetsEnd = at + BLOCK_HEADER_LENGTH + paddedLength(2 * packets.length);
    at = writeUint16(out, writeUint16(out, writeUint32(out, at, ssrc), firstSequence), packets.length);
    for (const packet of packets) at = writeUint16(out, at, packet === undefined ? 0 : packetBits(packet));
    while (at < packetsEnd) out[at++] = 0;
  }
  return writeUint32(out, at, Math.floor(reportedAtMs * TIMESTAMP_UNITS_PER_MS) >>> 0);
}

function packetBits({ ecn = 0, arrivedBeforeMs }: ReportedPacket): number {
  const units = arrivedBeforeMs === undefined ? OFFSET_MASK : Math.min(Math.round(arrivedBeforeMs * OFFSET_UNITS_PER_MS), NO_OFFSET);
  return RECEIVED | (ecn << ECN_SHIFT) | units;
}

function paddedLength(length: number): number {
  return Math.ceil(length / WORD_LENGTH) * WORD_LENGTH;
}
