/** The reports about one outgoing stream: those of its receiver, and those of the SFU. */
import { ntpFractionFromUnixMs, ntpSecondsFromUnixMs, type ReportBlock, type SenderReport } from '@causeway/wire';
import type { SubscribingPeer } from './subscribing-peer.ts';

/** A report expresses the fraction lost in 256ths (RFC 3550 §6.4.1). */
const FRACTIONS = 256;

/** Evaluates the receiver reports for one outgoing stream. */
export class ReceiverReports {
  /** The last report; undefined before the first. */
  last: ReportBlock | undefined = undefined;

  /**
   * Takes a report. It is the only information about losses from a peer that sends no transport-wide feedback.
   *
   * @returns the share of packets lost on the way to the receiver, 0 to 1
   */
  handle(nowMs: number, report: ReportBlock, peer: Pick<SubscribingPeer, 'sender' | 'bytesSent'>): number {
    const { sender } = peer;
    const packets = report.extendedHighestSeq - (this.last?.extendedHighestSeq ?? report.extendedHighestSeq);
    this.last = report;
    const reported = report.fractionLost / FRACTIONS;
    if (packets > 0) sender.handleReportedLoss(nowMs, packets, reported, peer.bytesSent);
    // With transport-wide feedback the loss of this path is known. Without it, the reported loss includes what was lost on the publisher's
    // path.
    return sender.lossRatio(nowMs) ?? reported;
  }
}

/** Makes a sender report for one stream (RFC 3550 §6.4.1). @param rtpTimestamp the stream's RTP time at `wallClockMs` */
export function makeSenderReport(
  senderSsrc: number,
  wallClockMs: number,
  rtpTimestamp: number,
  { packetsSent, payloadBytesSent }: { readonly packetsSent: number; readonly payloadBytesSent: number },
): SenderReport {
  return {
    type: 'sender-report',
    senderSsrc,
    ntpSeconds: ntpSecondsFromUnixMs(wallClockMs),
    ntpFraction: ntpFractionFromUnixMs(wallClockMs),
    rtpTimestamp,
    packetCount: packetsSent >>> 0,
    octetCount: payloadBytesSent >>> 0,
    reports: [],
  };
}
