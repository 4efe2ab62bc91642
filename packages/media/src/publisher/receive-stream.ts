/**
 * One RTP stream as it arrives: one encoding of a publication under one SSRC. It puts packets in order, requests missing ones, keeps those
 * that subscribers may request again, and hands each packet to the track's router once.
 */
import {
  type DependencyStructure,
  type ExtendedSeq,
  isH264Slice,
  peekRtpTimestamp,
  type ReportBlock,
  type RtpView,
  rtxOriginalSeq,
  type SenderReport,
  SequenceUnwrapper,
  unixMsFromNtp,
  writeRtpHeader,
} from '@causeway/wire';
import { DropReason } from '../drop-reason.ts';
import type { EngineContext } from '../engine-context.ts';
import type { UploadLimit } from '../inbound-limits.ts';
import type { CodecPlan, PublisherTrackPlan } from '../plan.ts';
import type { ForwardedPacket, PublisherCodec, TrackRouter } from '../router/track-router.ts';
import type { Timer } from '../timers.ts';
import { LayerRate, LayerShares } from './layer-cost.ts';
import { AUDIO_REPAIR, NackGenerator } from './nack-generator.ts';
import { PACKET_HISTORY_DEFAULTS, PacketHistory } from './packet-history.ts';
import { BitrateMeter, ReceptionStatistics } from './reception-statistics.ts';
import { RedRecovery } from './red-recovery.ts';
import { type KeyframePace, KeyframeRequester, RecentKeyframe } from './stream-keyframes.ts';

/** A layer that was silent for this long does not arrive. Screen shares run at a few frames per second, and must not be affected. */
const ARRIVING_WITHIN_MS = 1000;
/** Layers that have paused together return together, one after the other. */
const RETURNING_WITHIN_MS = 300;
const RTX_HEADER_BYTES = 2;
/**
 * How far ahead of the newest packet a retransmission may be. libwebrtc probes with retransmissions that were not requested, even of
 * packets that have just been lost.
 */
const MAX_AHEAD_PACKETS = 64;
/** How many packets may precede the first slice of an H.264 picture: a delimiter, parameter sets, supplemental information. */
const MAX_PACKETS_BEFORE_SLICE = 8;

/** The publisher's clock at one moment, from its sender report. */
interface SenderClock {
  readonly ntpMs: number;
  readonly rtpTimestamp: number;
}

/** A packet of a stream on its way to subscribers. */
export type StreamPacket = ForwardedPacket<ReceiveStream>;

/** The peer that sends the stream. */
export interface StreamPeer {
  readonly isLink: boolean;
  readonly rttMs: number;
  readonly hasMeasuredRtt: boolean;
  /** Local clock minus the peer's NTP clock, in ms; undefined until its first sender report. */
  readonly senderClockOffsetMs: number | undefined;
  readonly rtcp: {
    sendPli(mediaSsrc: number): void;
    sendNack(mediaSsrc: number, lost: readonly ExtendedSeq[]): void;
  };
  noteSenderClock(nowMs: number, ntpMs: number): void;
  reportDefect(error: unknown): void;
}

/** The publication that a stream is an encoding of. */
export interface StreamTrack {
  readonly plan: PublisherTrackPlan;
  readonly transport: StreamPeer;
  readonly uploadLimit: UploadLimit;
  readonly router: Pick<TrackRouter<ReceiveStream, StreamPacket>, 'add' | 'isWatched' | 'remove'>;
  /** Undefined if its layers may be asked for keyframes independently. */
  readonly keyframePace: KeyframePace | undefined;
  codecOf(payloadType: number): PublisherCodec | undefined;
  /** Called when one of its streams no longer arrives. */
  streamEnded(nowMs: number): void;
  /** Forwards an accepted packet to the subscribers. */
  route(nowMs: number, stream: ReceiveStream, codec: PublisherCodec, view: RtpView, sequence: ExtendedSeq, isKeyframe: boolean): void;
  /** Prepares a packet from the stream's history to be forwarded again. The result is valid until the next call. */
  reload(stream: ReceiveStream, view: RtpView, sequence: ExtendedSeq): StreamPacket | undefined;
}

export class ReceiveStream implements Timer {
  readonly track: StreamTrack;
  readonly ssrc: number;
  /** Restriction id of the encoding; empty without simulcast. */
  readonly rid: string;
  readonly history: PacketHistory;
  readonly keyframes: KeyframeRequester;
  readonly statistics: ReceptionStatistics;
  readonly rate = new LayerRate();
  /** The structure that the dependency descriptors refer to; undefined until a packet has carried one. */
  dependencyStructure: DependencyStructure | undefined = undefined;
  /** Created with the first packet that carries layer ids. */
  shares: LayerShares | undefined = undefined;
  /** Width of the picture in pixels, from the last keyframe that had it; 0 before that. */
  width = 0;
  height = 0;
  senderClock: SenderClock | undefined = undefined;
  /** False once another SSRC has taken over the encoding, or the publication has ended. */
  isCurrent = true;
  lastPacketMs = Number.NEGATIVE_INFINITY;
  /** When the last pause ended, and the last packet before it. */
  #returnedAtMs = Number.NEGATIVE_INFINITY;
  #pausedAfterMs = Number.NEGATIVE_INFINITY;
  lastTimestamp = 0;
  packetsRepaired = 0;

  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;

  readonly #context: EngineContext;
  readonly #clockRateHz: number;
  readonly #recentKeyframe = new RecentKeyframe();
  readonly #unwrapper = new SequenceUnwrapper();
  readonly #nack: NackGenerator;
  readonly #missing: ExtendedSeq[] = [];
  readonly #frames = new BitrateMeter();
  /** Created with the first loss in a stream of RED. */
  #redRecovery: RedRecovery | undefined = undefined;
  /** The peer has announced that it will send nothing after this number for now. */
  #endedAfter = Number.POSITIVE_INFINITY;

  constructor(context: EngineContext, track: StreamTrack, ssrc: number, rid: string, codec: CodecPlan) {
    this.#context = context;
    this.track = track;
    this.#clockRateHz = codec.clockRateHz;
    // A link carries audio for many listeners, so lost packets are requested for as long as the other node keeps them.
    const isClientAudio = track.plan.kind === 'audio' && !track.transport.isLink;
    this.#nack = new NackGenerator(codec.nack, isClientAudio ? AUDIO_REPAIR : {});
    this.keyframes = new KeyframeRequester(track.keyframePace);
    this.ssrc = ssrc;
    this.rid = rid;
    this.history = new PacketHistory(context.packetMemory, PACKET_HISTORY_DEFAULTS[track.plan.kind]);
    this.statistics = new ReceptionStatistics(ssrc, codec.clockRateHz);
  }

  isArriving(nowMs: number): boolean {
    return nowMs - this.lastPacketMs <= ARRIVING_WITHIN_MS && this.#endedAfter === Number.POSITIVE_INFINITY;
  }

  /**
   * Whether this stream has just returned from a pause that the other one shares, so that the other will follow. A publisher that is held
   * up for a second would otherwise seem to have only the layer whose packet comes first.
   */
  returnsBefore(nowMs: number, other: ReceiveStream): boolean {
    if (nowMs - this.#returnedAtMs > RETURNING_WITHIN_MS || other.#endedAfter !== Number.POSITIVE_INFINITY) return false;
    return this.#pausedAfterMs > 0 && Math.abs(other.lastPacketMs - this.#pausedAfterMs) < ARRIVING_WITHIN_MS;
  }

  /**
   * Handles the peer's announcement that it stops sending this stream. The stream may start again later.
   *
   * @returns false if the stream has ended already. All subscribers are asked what they need instead, and a datagram has room for more than
   *   a hundred goodbyes, so a repeated one must cost nothing.
   */
  handleGoodbye(nowMs: number): boolean {
    if (this.#endedAfter !== Number.POSITIVE_INFINITY) return false;
    this.#endedAfter = this.newest ?? Number.NEGATIVE_INFINITY;
    this.track.streamEnded(nowMs);
    return true;
  }

  /** Counts a packet of the given layers. */
  noteLayers(spatialId: number, temporalId: number, sizeBytes: number, isPictureEnd: boolean): void {
    this.shares ??= new LayerShares();
    this.shares.note(spatialId, temporalId, sizeBytes, isPictureEnd);
  }

  /** What the stream costs in bit/s, without the layers above these. */
  costBps(maxSpatialId: number, maxTemporalId: number): number {
    return this.rate.bps * (this.shares?.bytesUpTo(maxSpatialId, maxTemporalId) ?? 1);
  }

  /** Number of pictures per second, measured over about the last second. */
  framesPerSecond(nowMs: number): number {
    return this.#frames.bitrateBps(nowMs) / 8;
  }

  /** Takes a decrypted packet of this stream. `view` covers its bytes, which are on loan. */
  receive(nowMs: number, view: RtpView, codec: PublisherCodec): void {
    const before = this.#unwrapper.highest ?? Number.POSITIVE_INFINITY;
    const sequence = this.#unwrapper.unwrap(view.sequenceNumber);
    this.statistics.record(nowMs, sequence, view.timestamp, view.length);
    if (codec.isRed && sequence > before + 1) this.#restoreLost(nowMs, view, codec, sequence, sequence - before - 1);
    const isKeyframe = this.#startsKeyframe(nowMs, view, codec, sequence);
    if (heedsLoss(codec)) this.#nack.receive(nowMs, sequence, isKeyframe);
    this.#accept(nowMs, view, codec, sequence, isKeyframe);
  }

  /** Takes a retransmission of this stream, and restores the original packet in place (RFC 4588 §4). */
  receiveRtx(nowMs: number, view: RtpView, codec: PublisherCodec): void {
    const original = rtxOriginalSeq(view);
    // Padding probes on the RTX stream have no original.
    if (original === undefined || view.payloadLength <= RTX_HEADER_BYTES) return;
    const { bytes, headerLength } = view;
    const length = headerLength + view.payloadLength;
    bytes.copyWithin(RTX_HEADER_BYTES, 0, headerLength);
    const restored = bytes.subarray(RTX_HEADER_BYTES, length);
    const flags = restored[0];
    writeRtpHeader(restored, 0, view.marker, codec.plan.payloadType, original, view.timestamp, this.ssrc);
    // The extension bit and CSRC count stay; the padding has been cut off above.
    restored[0] = flags & ~0x20;
    if (!view.read(restored, restored.length)) return;
    const highest = this.#unwrapper.highest ?? Number.NEGATIVE_INFINITY;
    if (this.#unwrapper.peek(original) > highest + MAX_AHEAD_PACKETS) {
      this.#context.drops.increment(DropReason.RtpMalformed);
      return;
    }
    const sequence = this.#unwrapper.unwrap(original);
    this.packetsRepaired++;
    const isKeyframe = this.#startsKeyframe(nowMs, view, codec, sequence);
    if (heedsLoss(codec)) this.#nack.receiveRepair(nowMs, sequence, isKeyframe);
    this.#accept(nowMs, view, codec, sequence, isKeyframe);
  }

  handleSenderReport(nowMs: number, report: SenderReport): void {
    const ntpMs = unixMsFromNtp(report.ntpSeconds, report.ntpFraction);
    this.senderClock = { ntpMs, rtpTimestamp: report.rtpTimestamp };
    this.statistics.recordSenderReport(nowMs, report);
    this.track.transport.noteSenderClock(nowMs, ntpMs);
  }

  reportBlock(nowMs: number): ReportBlock {
    return this.statistics.reportBlock(nowMs);
  }

  /** Requests a keyframe for a subscriber that cannot decode without one. */
  requestKeyframe(nowMs: number): void {
    if (this.track.plan.kind !== 'video') return;
    if (this.keyframes.request(nowMs)) this.track.transport.rtcp.sendPli(this.ssrc);
    this.#arm(this.keyframes.dueAt());
  }

  /** The highest sequence number that has arrived; undefined before the first. */
  get newest(): ExtendedSeq | undefined {
    return this.#unwrapper.highest;
  }

  /** Where the last keyframe starts; undefined if it arrived longer ago than `withinMs`, or if too many packets have followed. */
  recentKeyframe(nowMs: number, withinMs: number): ExtendedSeq | undefined {
    return this.#recentKeyframe.find(nowMs, this.newest ?? Number.NEGATIVE_INFINITY, withinMs);
  }

  /** Whether every packet up to the newest one has arrived or was given up. */
  get isComplete(): boolean {
    return this.#nack.pending === 0;
  }

  fire(nowMs: number): void {
    if (this.track.transport.hasMeasuredRtt) this.#nack.setRttMs(this.track.transport.rttMs);
    this.#missing.length = 0;
    if (this.#nack.collect(nowMs, this.#missing) > 0) this.track.transport.rtcp.sendNack(this.ssrc, this.#missing);
    if (this.keyframes.takeDue(nowMs)) this.track.transport.rtcp.sendPli(this.ssrc);
    if (this.#nack.takeKeyframeNeeded() && this.track.router.isWatched(this)) this.requestKeyframe(nowMs);
    this.#arm(Math.min(this.#nack.dueAt(), this.keyframes.dueAt()));
  }

  fail(error: unknown): void {
    this.track.transport.reportDefect(error);
  }

  /** Parses a packet from the history again, for a retransmission. */
  reload(view: RtpView, bytes: Uint8Array, sequence: ExtendedSeq): StreamPacket | undefined {
    return view.read(bytes, this.history.lengthOf(sequence)) ? this.track.reload(this, view, sequence) : undefined;
  }

  /** Releases packets that can no longer be requested. Called about once a second. */
  releaseOldPackets(nowMs: number): void {
    this.history.releaseBefore(nowMs);
  }

  /** The publisher's RTP time now, according to its sender reports, or to its last packet until there is one. */
  timestampAt(nowMs: number): number {
    const offsetMs = this.track.transport.senderClockOffsetMs;
    const known =
      this.senderClock === undefined || offsetMs === undefined
        ? { atMs: this.lastPacketMs, rtpTimestamp: this.lastTimestamp }
        : { atMs: this.senderClock.ntpMs + offsetMs, rtpTimestamp: this.senderClock.rtpTimestamp };
    return (known.rtpTimestamp + Math.round(((nowMs - known.atMs) * this.#clockRateHz) / 1000)) >>> 0;
  }

  close(nowMs: number): void {
    this.isCurrent = false;
    this.#context.timers.cancel(this);
    this.history.close(nowMs);
  }

  /** Takes the packets that are missing just before this one, as far as this one holds them. */
  #restoreLost(nowMs: number, view: RtpView, { plan }: PublisherCodec, sequence: ExtendedSeq, missing: number): void {
    this.#redRecovery ??= new RedRecovery();
    this.#redRecovery.restore(view, missing, this.lastTimestamp, (restored, before) => {
      const codec = this.track.codecOf(restored.payloadType);
      if (codec === undefined || codec.isRed || codec.isRtx) return;
      const lost = (sequence - before) as ExtendedSeq;
      this.packetsRepaired++;
      if (plan.nack) this.#nack.receive(nowMs, lost, false);
      this.#accept(nowMs, restored, codec, lost, false);
    });
  }

  #accept(nowMs: number, view: RtpView, codec: PublisherCodec, sequence: ExtendedSeq, isKeyframe: boolean): void {
    this.#arm(this.#nack.dueAt());
    if (!this.history.insert(nowMs, sequence, view.bytes, view.length)) {
      this.#context.drops.increment(this.history.has(sequence) ? DropReason.DuplicatePacket : DropReason.TooOld);
      return;
    }
    if (nowMs - this.lastPacketMs > ARRIVING_WITHIN_MS) {
      this.#pausedAfterMs = this.lastPacketMs;
      this.#returnedAtMs = nowMs;
    }
    this.lastPacketMs = nowMs;
    // A packet that the goodbye overtook, or a retransmission, does not restart the stream.
    if (sequence > this.#endedAfter) this.#endedAfter = Number.POSITIVE_INFINITY;
    if (view.marker) this.#frames.record(nowMs, 1);
    this.lastTimestamp = view.timestamp;
    if (isKeyframe) {
      this.keyframes.keyframeReceived(nowMs);
      this.#recentKeyframe.note(nowMs, sequence, view.timestamp);
    }
    this.track.route(nowMs, this, codec, view, sequence, isKeyframe);
  }

  #startsKeyframe(nowMs: number, view: RtpView, codec: PublisherCodec, sequence: ExtendedSeq): boolean {
    if (codec.detectKeyframe === undefined) return false;
    if (!codec.detectKeyframe(view.bytes, view.headerLength, view.payloadLength)) return false;
    if (codec.plan.name !== 'h264' || !isH264Slice(view.bytes, view.headerLength)) return true;
    return !this.#lacksBeginning(nowMs, sequence, view.timestamp);
  }

  /** Whether a packet is missing just before this slice. If it holds the parameter sets, the keyframe starts with it once it arrives. */
  #lacksBeginning(nowMs: number, sequence: number, timestamp: number): boolean {
    for (let before = sequence - 1; before >= sequence - MAX_PACKETS_BEFORE_SLICE; before--) {
      if (!this.history.has(before as ExtendedSeq)) return true;
      const packet = this.history.find(nowMs, before as ExtendedSeq);
      if (packet === undefined || peekRtpTimestamp(packet) !== timestamp) return false;
    }
    return false;
  }

  /** Sets the timer for a deadline, unless it fires before that. */
  #arm(dueMs: number): void {
    if (dueMs < this.deadlineMs) this.#context.timers.schedule(dueMs, this);
  }
}

/**
 * Whether losses need attention. They do not if packets can neither be requested again nor replaced by a keyframe; GStreamer offers only
 * keyframes by default.
 */
function heedsLoss({ plan, detectKeyframe }: PublisherCodec): boolean {
  return plan.nack || detectKeyframe !== undefined;
}
