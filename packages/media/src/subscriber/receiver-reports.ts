/** What a receiver says of the stream that it is sent. */
import type { ReportBlock } from '@causeway/wire';
import type { SubscribingPeer } from './subscribing-peer.ts';

/** A report has its fraction in 256ths (RFC 3550 §6.4.1). */
const FRACTIONS = 256;

export class ReceiverReports {
  /** Undefined before the first. */
  last: ReportBlock | undefined = undefined;

  /**
   * Takes a report. A peer without transport-wide feedback tells its losses in no other way.
   *
   * @returns the share of packets lost on the way to the receiver, 0 to 1
   */
  handle(nowMs: number, report: ReportBlock, peer: Pick<SubscribingPeer, 'sender' | 'bytesSent'>): number {
    const { sender } = peer;
    const packets = report.extendedHighestSeq - (this.last?.extendedHighestSeq ?? report.extendedHighestSeq);
    this.last = report;
    const reported = report.fractionLost / FRACTIONS;
    if (!sender.isNumbering && packets > 0) sender.handleReportedLoss(nowMs, packets, reported, peer.bytesSent);
    // Without feedback of its own, the receiver reports what the publisher's path has lost as well.
    return sender.lossRatio(nowMs) ?? reported;
  }
}
