/**
 * A receiver's report about one stream, in sender and receiver reports alike.
 *
 * @see RFC 3550 §6.4.1
 */
import { readUint24, readUint32, writeUint24, writeUint32 } from '../numbers.ts';

export const REPORT_BLOCK_LENGTH = 24;

const MAX_CUMULATIVE_LOST = 0x7fffff;
const MIN_CUMULATIVE_LOST = -0x800000;

/** What a receiver has observed about one stream. */
export interface ReportBlock {
  readonly ssrc: number;
  /** Share lost of the packets expected since the last report, in 1/256: 0 to 255. */
  readonly fractionLost: number;
  /** Negative if duplicates outnumber losses. Written as 24 signed bits. */
  readonly cumulativeLost: number;
  /** The number of sequence number wraps in the high 16 bits, the highest received number in the low 16 bits. */
  readonly extendedHighestSeq: number;
  /** Interarrival jitter in ticks of the stream's clock. */
  readonly jitterTicks: number;
  /** Middle 32 bits of the NTP time of the last sender report; 0 if none was received. */
  readonly lastSenderReport: number;
  /** Time from that report's arrival to this block, in 2^-16 s; 0 if none was received. */
  readonly delaySinceLastSenderReport: number;
}

/** Reads the 24 bytes at `offset`; the caller checks that they exist. */
export function readReportBlock(bytes: Uint8Array, offset: number): ReportBlock {
  return {
    ssrc: readUint32(bytes, offset),
    fractionLost: bytes[offset + 4],
    cumulativeLost: (readUint24(bytes, offset + 5) << 8) >> 8,
    extendedHighestSeq: readUint32(bytes, offset + 8),
    jitterTicks: readUint32(bytes, offset + 12),
    lastSenderReport: readUint32(bytes, offset + 16),
    delaySinceLastSenderReport: readUint32(bytes, offset + 20),
  };
}

/** Reads `count` blocks from `offset` on; undefined if they extend past `end`. */
export function readReportBlocks(bytes: Uint8Array, offset: number, end: number, count: number): ReportBlock[] | undefined {
  if (offset + count * REPORT_BLOCK_LENGTH > end) return undefined;
  const reports: ReportBlock[] = [];
  for (let i = 0; i < count; i++) reports.push(readReportBlock(bytes, offset + i * REPORT_BLOCK_LENGTH));
  return reports;
}

/** @returns the offset after the block */
export function writeReportBlock(out: Uint8Array, offset: number, block: ReportBlock): number {
  const cumulativeLost = Math.min(Math.max(block.cumulativeLost, MIN_CUMULATIVE_LOST), MAX_CUMULATIVE_LOST);
  let at = writeUint32(out, offset, block.ssrc);
  out[at++] = block.fractionLost;
  at = writeUint24(out, at, cumulativeLost);
  at = writeUint32(out, at, block.extendedHighestSeq);
  at = writeUint32(out, at, block.jitterTicks);
  at = writeUint32(out, at, block.lastSenderReport);
  return writeUint32(out, at, block.delaySinceLastSenderReport);
}
