/**
 * Receiver report: what a participant that sends no media reports about the media it receives. An empty one starts any
 * compound packet.
 *
 * @see RFC 3550 §6.4.2
 */
import { readUint32, writeUint32 } from '../numbers.ts';
import { REPORT_BLOCK_LENGTH, type ReportBlock, readReportBlocks, writeReportBlock } from './report-block.ts';
import { MAX_RTCP_COUNT, RTCP_RECEIVER_REPORT, writeRtcpHeader } from './rtcp-header.ts';

const FIXED_LENGTH = 8;

/** What a receiver has observed about the streams it receives. */
export interface ReceiverReport {
  readonly type: 'receiver-report';
  readonly senderSsrc: number;
  /** At most 31; further ones are not written. */
  readonly reports: readonly ReportBlock[];
}

/** Parses the packet from `offset` to `end`, whose header is complete; undefined if it is too short for its count. */
export function parseReceiverReport(bytes: Uint8Array, offset: number, end: number, count: number): ReceiverReport | undefined {
  if (offset + FIXED_LENGTH > end) return undefined;
  const reports = readReportBlocks(bytes, offset + FIXED_LENGTH, end, count);
  if (reports === undefined) return undefined;
  return { type: 'receiver-report', senderSsrc: readUint32(bytes, offset + 4), reports };
}

/** @returns the offset after the packet; beyond `out.length` if there is no room */
export function writeReceiverReport(out: Uint8Array, offset: number, report: Omit<ReceiverReport, 'type'>): number {
  const count = Math.min(report.reports.length, MAX_RTCP_COUNT);
  let at = writeRtcpHeader(out, offset, count, RTCP_RECEIVER_REPORT, FIXED_LENGTH + count * REPORT_BLOCK_LENGTH);
  at = writeUint32(out, at, report.senderSsrc);
  for (let i = 0; i < count; i++) at = writeReportBlock(out, at, report.reports[i]);
  return at;
}
