/**
 * Sender report: relates RTP timestamps to the wall clock, and counts what was sent.
 *
 * @see RFC 3550 §6.4.1
 */
import { readUint32, writeUint32 } from '../numbers.ts';
import { REPORT_BLOCK_LENGTH, type ReportBlock, readReportBlocks, writeReportBlock } from './report-block.ts';
import { MAX_RTCP_COUNT, RTCP_SENDER_REPORT, writeRtcpHeader } from './rtcp-header.ts';

const FIXED_LENGTH = 28;

/** The clock and the counters of a sender, with reports on what it receives. */
export interface SenderReport {
  readonly type: 'sender-report';
  readonly senderSsrc: number;
  /** Wall clock time; see `ntp.ts`. */
  readonly ntpSeconds: number;
  /** In units of 2^-32 s. */
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
