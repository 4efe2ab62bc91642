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

/** Whether the receiver's reports about a subscription agree with what was counted for it. */
export type ReportVerdict = 'unjudged' | 'agrees' | 'deviates';

/** The counters of a stream. They fall only by the few packets that the system refuses. */
interface SentPackets {
  readonly packetsSent: number;
  readonly packetsResent: number;
}

/** What was reported and what was counted at one moment. */
interface Moment {
  readonly highest: number;
  readonly lost: number;
  readonly sent: number;
}

interface CountedMoment extends Moment {
  readonly resent: number;
}

/** Fewer packets are not judged: what is in flight would weigh too much. */
const LEAST_JUDGED_PACKETS = 10_000;
/** Packets may differ by this share, and by what a fast stream has in flight. */
const TOLERATED_SHARE = 0.005;
const IN_FLIGHT_PACKETS = 100;

/**
 * Compares what a receiver reports about a stream with what was counted of it for billing. Both cover the same time, so they may differ
 * only by what was in flight when it began and ended, and by errors of the receiver.
 */
export class ReportedNumbers {
  #first: CountedMoment | undefined;
  #last: CountedMoment | undefined;

  /** @param report of the receiver, just arrived */
  note({ extendedHighestSeq, cumulativeLost }: ReportBlock, { packetsSent, packetsResent }: SentPackets): void {
    // While nothing arrives, the numbers stand still and say nothing about what is sent.
    if (extendedHighestSeq === this.#last?.highest) return;
    const now = { highest: extendedHighestSeq, lost: cumulativeLost, sent: packetsSent, resent: packetsResent };
    // A receiver that starts again, for example after a change of its media line, counts from the beginning.
    if (this.#first === undefined || now.highest < (this.#last?.highest ?? 0)) this.#first = now;
    this.#last = now;
  }

  get verdict(): ReportVerdict {
    if (this.#first === undefined || this.#last === undefined) return 'unjudged';
    const sent = this.#last.sent - this.#first.sent;
    if (sent < LEAST_JUDGED_PACKETS) return 'unjudged';
    const tolerated = sent * TOLERATED_SHARE + IN_FLIGHT_PACKETS;
    const numbered = this.#last.highest - this.#first.highest;
    const received = numbered - (this.#last.lost - this.#first.lost);
    // More packets were counted than numbers were used. The opposite is no contradiction, since packets that the publisher's path lost
    // leave gaps.
    if (sent > numbered + tolerated) return 'deviates';
    // More packets arrived than were counted. Without RTX, retransmissions arrive under the same numbers.
    const resent = this.#last.resent - this.#first.resent;
    return received > sent + resent + tolerated ? 'deviates' : 'agrees';
  }
}

/** Four seconds of audio. What is in flight when a report arrives weighs little among as many packets. */
const LEAST_MEASURED_PACKETS = 200;

/**
 * Measures the loss of a receiver's path from its reports about one stream, for receivers that send no better feedback. They also report
 * what the publisher lost as lost; but those numbers were never sent, so they can be told apart.
 *
 * @see RFC 3550 §6.4.1
 */
export class ReportedPathLoss {
  #before: Moment | undefined = undefined;
  /** Share of the sent packets that the path lost, 0 to 1; undefined before enough of them were reported on. */
  ratio: number | undefined = undefined;

  /**
   * Takes a report that has just arrived.
   *
   * @param packetsSent total of the stream so far
   */
  note({ extendedHighestSeq, cumulativeLost }: ReportBlock, packetsSent: number): void {
    const before = this.#before;
    const now = { highest: extendedHighestSeq, lost: cumulativeLost, sent: packetsSent };
    if (before === undefined || now.highest < before.highest || now.sent < before.sent) {
      this.#before = now;
      return;
    }
    const sent = now.sent - before.sent;
    // While nothing arrives, the numbers stand still and say nothing about what is sent.
    if (sent < LEAST_MEASURED_PACKETS || now.highest === before.highest) return;
    const unsent = Math.max(0, now.highest - before.highest - sent);
    this.ratio = Math.max(0, Math.min(1, (now.lost - before.lost - unsent) / sent));
    this.#before = now;
  }
}
