/**
 * Sender reports, which relate RTP timestamps to the wall clock and count what was sent, and receiver reports.
 *
 * @see RFC 3550 §6.4.1, §6.4.2
 */
import { readUint24, readUint32, writeUint24, writeUint32 } from '../numbers.ts';
import { MAX_RTCP_COUNT, RTCP_RECEIVER_REPORT, RTCP_SENDER_REPORT, writeRtcpHeader } from './rtcp-header.ts';

const REPORT_BLOCK_LENGTH = 24;

const MAX_CUMULATIVE_LOST = 0x7fffff;
const MIN_CUMULATIVE_LOST = -0x800000;

/** What a receiver has observed about one stream, in sender and receiver reports alike. @see RFC 3550 §6.4.1 */
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
function readReportBlocks(bytes: Uint8Array, offset: number, end: number, count: number): ReportBlock[] | undefined {
  if (offset + count * REPORT_BLOCK_LENGTH > end) return undefined;
  const reports: ReportBlock[] = [];
  for (let i = 0; i < count; i++) reports.push(readReportBlock(bytes, offset + i * REPORT_BLOCK_LENGTH));
  return reports;
}

/** @returns the offset after the block */
function writeReportBlock(out: Uint8Array, offset: number, block: ReportBlock): number {
  const cumulativeLost = Math.min(Math.max(block.cumulativeLost, MIN_CUMULATIVE_LOST), MAX_CUMULATIVE_LOST);
  let at = writeUint32(out, offset, block.ssrc);
  out[at++] = block.fractionLost;
  at = writeUint24(out, at, cumulativeLost);
  at = writeUint32(out, at, block.extendedHighestSeq);
  at = writeUint32(out, at, block.jitterTicks);
  at = writeUint32(out, at, block.lastSenderReport);
  return writeUint32(out, at, block.delaySinceLastSenderReport);
}

const FIXED_LENGTH = 28;

/** The clock and the counters of a sender, with reports on what it receives. */
export interface SenderReport {
  readonly type: 'sender-report';
  readonly senderSsrc: number;
  /** Wall clock time; see `ntp.ts`. */
  readonly ntpSeconds: number;
  /** Counted in units of 2^-32 s. */
  readonly ntpFraction: number;
  /** The same instant in ticks of the stream's clock. */
  readonly rtpTimestamp: number;
  readonly packetCount: number;
  /** Payload bytes without headers and padding. */
  readonly octetCount: number;
  /** At most 31; further ones are not written. */
  readonly reports: readonly ReportBlock[];
}

/** Parses the packet from `offset` to `end`, whose header is complete; undefined if it is too short for its count. */
export function parseSenderReport(bytes: Uint8Array, offset: number, end: number, count: number): SenderReport | undefined {
  if (offset + FIXED_LENGTH > end) return undefined;
  const reports = readReportBlocks(bytes, offset + FIXED_LENGTH, end, count);
  if (reports === undefined) return undefined;
  return {
    type: 'sender-report',
    senderSsrc: readUint32(bytes, offset + 4),
    ntpSeconds: readUint32(bytes, offset + 8),
    ntpFraction: readUint32(bytes, offset + 12),
    rtpTimestamp: readUint32(bytes, offset + 16),
    packetCount: readUint32(bytes, offset + 20),
    octetCount: readUint32(bytes, offset + 24),
    reports,
  };
}

/** @returns the offset after the packet; beyond `out.length` if there is no room */
export function writeSenderReport(out: Uint8Array, offset: number, report: Omit<SenderReport, 'type'>): number {
  const count = Math.min(report.reports.length, MAX_RTCP_COUNT);
  let at = writeRtcpHeader(out, offset, count, RTCP_SENDER_REPORT, FIXED_LENGTH + count * REPORT_BLOCK_LENGTH);
  at = writeUint32(out, at, report.senderSsrc);
  at = writeUint32(out, at, report.ntpSeconds);
  at = writeUint32(out, at, report.ntpFraction);
  at = writeUint32(out, at, report.rtpTimestamp);
  at = writeUint32(out, at, report.packetCount);
  at = writeUint32(out, at, report.octetCount);
  for (let i = 0; i < count; i++) at = writeReportBlock(out, at, report.reports[i]);
  return at;
}

const RECEIVER_REPORT_LENGTH = 8;

/** What a receiver has observed about its streams. An empty report starts any compound packet. @see RFC 3550 §6.4.2 */
export interface ReceiverReport {
  readonly type: 'receiver-report';
  readonly senderSsrc: number;
  /** At most 31; further ones are not written. */
  readonly reports: readonly ReportBlock[];
}

/** Parses the packet from `offset` to `end`, whose header is complete; undefined if it is too short for its count. */
export function parseReceiverReport(bytes: Uint8Array, offset: number, end: number, count: number): ReceiverReport | undefined {
  if (offset + RECEIVER_REPORT_LENGTH > end) return undefined;
  const reports = readReportBlocks(bytes, offset + RECEIVER_REPORT_LENGTH, end, count);
  if (reports === undefined) return undefined;
  return { type: 'receiver-report', senderSsrc: readUint32(bytes, offset + 4), reports };
}

/** @returns the offset after the packet; beyond `out.length` if there is no room */
export function writeReceiverReport(out: Uint8Array, offset: number, report: Omit<ReceiverReport, 'type'>): number {
  const count = Math.min(report.reports.length, MAX_RTCP_COUNT);
  let at = writeRtcpHeader(out, offset, count, RTCP_RECEIVER_REPORT, RECEIVER_REPORT_LENGTH + count * REPORT_BLOCK_LENGTH);
  at = writeUint32(out, at, report.senderSsrc);
  for (let i = 0; i < count; i++) at = writeReportBlock(out, at, report.reports[i]);
  return at;
}
