/**
 * What a receiver knows of one RTP stream, and the report block it makes of it.
 *
 * @see RFC 3550 §6.4.1, Appendix A.3 (loss) and A.8 (jitter)
 */
import { compactNtp, compactNtpFromMs, type ExtendedSeq, type ReportBlock, type SenderReport, timestampDistance } from '@causeway/wire';
import { BitrateMeter } from '../bitrate-meter.ts';

const JITTER_GAIN = 1 / 16;
/** A timestamp this far from where the clock says it should be is a new start of the source and says nothing about the path. */
const MAX_TRANSIT_CHANGE_S = 5;

export class ReceptionStatistics {
  readonly #ssrc: number;
  readonly #ticksPerMs: number;
  readonly #meter = new BitrateMeter();
  packetsReceived = 0;
  bytesReceived = 0;
  /** Interarrival jitter, in ticks of the stream's clock. */
  jitterTicks = 0;
  #firstSeq = Number.NaN;
  #highestSeq = Number.NaN;
  #expectedAtReport = 0;
  #receivedAtReport = 0;
  #lastTimestamp = 0;
  #lastArrivalMs = 0;
  /** Timestamp of the last sender report, in the form its echo takes; 0 before the first. */
  #lastSenderReport = 0;
  #senderReportAtMs = 0;
  /** What the sender had sent by its last report, and what of it had come by then; undefined before the first. */
  #atSenderReport: { readonly sent: number; readonly received: number } | undefined = undefined;
  #sentInTransit = 0;
  #receivedInTransit = 0;

  constructor(ssrc: number, clockRateHz: number) {
    this.#ssrc = ssrc;
    this.#ticksPerMs = clockRateHz / 1000;
  }

  /** Packets expected less those received; below zero when the network makes copies. Those repaired over RTX stay lost here. */
  get packetsLost(): number {
    return this.#expected() - this.packetsReceived;
  }

  /** Counts a packet as it came from the network, late ones and copies included. */
  record(nowMs: number, seq: ExtendedSeq, rtpTimestamp: number, sizeBytes: number): void {
    this.packetsReceived++;
    this.bytesReceived += sizeBytes;
    this.#meter.record(nowMs, sizeBytes);
    if (seq <= this.#highestSeq) return;
    if (Number.isNaN(this.#firstSeq)) this.#firstSeq = seq;
    else this.#updateJitter(nowMs, rtpTimestamp);
    this.#highestSeq = seq;
    this.#noteTransit(nowMs, rtpTimestamp);
  }

  /** Remembers the report, for the sender to find the round-trip time by our next report block. */
  recordSenderReport(nowMs: number, report: SenderReport): void {
    this.#lastSenderReport = compactNtp(report.ntpSeconds, report.ntpFraction);
    this.#senderReportAtMs = nowMs;
    this.#noteInTransit(report.packetCount);
  }

  /**
   * How many packets the sender says to have sent since the last call, and how many came: what it never had, the gaps of a source behind it, is
   * not among them.
   */
  takeTransit(): { readonly sent: number; readonly received: number } {
    const taken = { sent: this.#sentInTransit, received: this.#receivedInTransit };
    this.#sentInTransit = 0;
    this.#receivedInTransit = 0;
    return taken;
  }

  /** Bits of whole packets per second, over the last second. */
  bitrateBps(nowMs: number): number {
    return this.#meter.bitrateBps(nowMs);
  }

  /** Makes the block for the next report; its fraction covers the time since the last call. */
  reportBlock(nowMs: number): ReportBlock {
    const expected = this.#expected();
    const expectedSince = expected - this.#expectedAtReport;
    const lostSince = expectedSince - (this.packetsReceived - this.#receivedAtReport);
    this.#expectedAtReport = expected;
    this.#receivedAtReport = this.packetsReceived;
    return {
      ssrc: this.#ssrc,
      fractionLost: lostSince <= 0 ? 0 : Math.min(255, Math.floor((lostSince * 256) / expectedSince)),
      cumulativeLost: expected - this.packetsReceived,
      extendedHighestSeq: this.#highestSeq >>> 0,
      jitterTicks: Math.floor(this.jitterTicks),
      lastSenderReport: this.#lastSenderReport,
      delaySinceLastSenderReport: this.#lastSenderReport === 0 ? 0 : compactNtpFromMs(nowMs - this.#senderReportAtMs),
    };
  }

  #noteInTransit(packetCount: number): void {
    const before = this.#atSenderReport;
    this.#atSenderReport = { sent: packetCount, received: this.packetsReceived };
    // A count of 32 bits, which goes round (RFC 3550 §6.4.1), or begins again.
    const sent = (packetCount - (before?.sent ?? packetCount)) | 0;
    if (before === undefined || sent < 0) return;
    this.#sentInTransit += sent;
    this.#receivedInTransit += this.packetsReceived - before.received;
  }

  #expected(): number {
    return Number.isNaN(this.#firstSeq) ? 0 : this.#highestSeq - this.#firstSeq + 1;
  }

  /**
   * Deviates from A.8 in that only the first packet of a timestamp counts, as in libwebrtc: the packets of a video frame
   * share one and are paced by the sender, which is no jitter of the path.
   */
  #updateJitter(nowMs: number, rtpTimestamp: number): void {
    const sentTicks = timestampDistance(this.#lastTimestamp, rtpTimestamp);
    if (sentTicks === 0) return;
    const transitChange = Math.abs((nowMs - this.#lastArrivalMs) * this.#ticksPerMs - sentTicks);
    if (transitChange > MAX_TRANSIT_CHANGE_S * 1000 * this.#ticksPerMs) return;
    this.jitterTicks += (transitChange - this.jitterTicks) * JITTER_GAIN;
  }

  #noteTransit(nowMs: number, rtpTimestamp: number): void {
    if (rtpTimestamp === this.#lastTimestamp && this.packetsReceived > 1) return;
    this.#lastTimestamp = rtpTimestamp;
    this.#lastArrivalMs = nowMs;
  }
}
