/**
 * Reception statistics of one RTP stream, and the report blocks made from them.
 *
 * @see RFC 3550 §6.4.1, Appendix A.3 (loss) and A.8 (jitter)
 */
import { compactNtp, compactNtpFromMs, type ExtendedSeq, type ReportBlock, type SenderReport, timestampDistance } from '@causeway/wire';

const JITTER_GAIN = 1 / 16;
/** A timestamp that deviates this far from the clock means that the source has restarted. It says nothing about the path. */
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
  /** Timestamp of the last sender report, in the compact form that is echoed; 0 before the first. */
  #lastSenderReport = 0;
  #senderReportAtMs = 0;
  /** How many packets had been sent and received at the last sender report; undefined before the first. */
  #atSenderReport: { readonly sent: number; readonly received: number } | undefined = undefined;
  #sentInTransit = 0;
  #receivedInTransit = 0;

  constructor(ssrc: number, clockRateHz: number) {
    this.#ssrc = ssrc;
    this.#ticksPerMs = clockRateHz / 1000;
  }

  /** Packets expected minus packets received; negative if the network duplicates packets. Losses repaired over RTX still count as lost. */
  get packetsLost(): number {
    return this.#expected() - this.packetsReceived;
  }

  /** Counts a packet as the network delivered it, late packets and duplicates included. */
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

  /** Remembers the report, so that the sender can compute the round-trip time from the next report block. */
  recordSenderReport(nowMs: number, report: SenderReport): void {
    this.#lastSenderReport = compactNtp(report.ntpSeconds, report.ntpFraction);
    this.#senderReportAtMs = nowMs;
    this.#noteInTransit(report.packetCount);
  }

  /**
   * Counts the packets that the sender says it sent since the last call, and those that arrived. Gaps in the source, which the sender never
   * had, do not count.
   */
  takeTransit(): { readonly sent: number; readonly received: number } {
    const taken = { sent: this.#sentInTransit, received: this.#receivedInTransit };
    this.#sentInTransit = 0;
    this.#receivedInTransit = 0;
    return taken;
  }

  /** Bitrate of whole packets over the last second, in bit/s. */
  bitrateBps(nowMs: number): number {
    return this.#meter.bitrateBps(nowMs);
  }

  /** Makes the block for the next report. Its fraction lost covers the time since the last call. */
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
    // The count has 32 bits and wraps (RFC 3550 §6.4.1), or restarts.
    const sent = (packetCount - (before?.sent ?? packetCount)) | 0;
    if (before === undefined || sent < 0) return;
    this.#sentInTransit += sent;
    this.#receivedInTransit += this.packetsReceived - before.received;
  }

  #expected(): number {
    return Number.isNaN(this.#firstSeq) ? 0 : this.#highestSeq - this.#firstSeq + 1;
  }

  /**
   * Updates the interarrival jitter. Deviates from A.8 in that only the first packet of a timestamp counts, as in libwebrtc: the packets of
   * a video frame share a timestamp and are paced by the sender, which is not jitter of the path.
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

const BUCKET_MS = 128;
const BUCKETS = 8;
/** At the start of a stream a few packets would amount to megabits per second, so rates are never computed over less than this. */
const MIN_WINDOW_MS = 2 * BUCKET_MS;

/** Measures the bitrate of a stream over about the last second. It counts in fixed buckets, so neither packets nor time cost memory. */
export class BitrateMeter {
  readonly #bytes = new Float64Array(BUCKETS);
  #startedAtMs = Number.NaN;
  /** Number of the newest bucket, counted from time zero. */
  #newest = 0;

  record(nowMs: number, sizeBytes: number): void {
    this.#advanceTo(nowMs);
    this.#bytes[this.#newest % BUCKETS] += sizeBytes;
  }

  /** @returns 0 before the first packet, and after a second without any */
  bitrateBps(nowMs: number): number {
    this.#advanceTo(nowMs);
    let bytes = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) bytes += this.#bytes[bucket];
    const oldestMs = Math.max(this.#startedAtMs, (this.#newest - BUCKETS + 1) * BUCKET_MS);
    return (bytes * 8000) / Math.max(nowMs - oldestMs, MIN_WINDOW_MS);
  }

  #advanceTo(nowMs: number): void {
    const bucket = Math.floor(nowMs / BUCKET_MS);
    if (Number.isNaN(this.#startedAtMs)) {
      this.#startedAtMs = nowMs;
      this.#newest = bucket;
    }
    const stale = Math.min(bucket - this.#newest, BUCKETS);
    for (let age = 0; age < stale; age++) this.#bytes[(bucket - age) % BUCKETS] = 0;
    this.#newest = bucket;
  }
}
