/**
 * One publication as one peer receives it: a single continuous RTP stream under our own SSRC, whatever the source does
 * (other layers, other SSRCs, other publications, pauses).
 */
import type { ExtendedSeq, ReportBlock, SenderReport, Seq16 } from '@causeway/wire';
import { DropReason } from '../drop-reason.ts';
import type { EngineContext } from '../engine-context.ts';
import type { MediaKind, SubscriberTrackPlan } from '../plan.ts';
import type { PublisherCodec } from '../publisher/publisher-codec.ts';
import type { PublisherTrack } from '../publisher/publisher-track.ts';
import type { ReceiveStream } from '../publisher/receive-stream.ts';
import type { ForwardedPacket } from '../router/forwarded-packet.ts';
import type { OutboundStream } from '../secure-endpoint.ts';
import type { PeerTransport } from '../transport/peer-transport.ts';
import { mapPayloadTypes, NO_PAYLOAD_TYPE, type PayloadTypeMaps } from './codec-match.ts';
import { findContinuation } from './continuation.ts';
import { KeyframeDemand } from './keyframe-demand.ts';
import { PacketWriter } from './packet-writer.ts';
import { PlayoutDelay } from './playout-delay.ts';
import { Retransmitter } from './retransmitter.ts';
import { makeSenderReport } from './sender-report.ts';
import { SentIndex } from './sent-index.ts';
import { SequenceRewriter } from './sequence-rewriter.ts';
import { Vp8Rewriter } from './vp8-rewriter.ts';

/** How far ahead of a keyframe's first packet others may have come; networks reorder by less. */
const MAX_CAUGHT_UP_PACKETS = 32;
/** How far behind the newest packet one may be asked for. */
const SENT_WINDOW_PACKETS: Readonly<Record<MediaKind, number>> = { video: 1024, audio: 256 };
const NONE_LOOKED_UP = -1;

/*
 * A fan-out visits hundreds of these, each a few milliseconds after the last time, when nothing of it is in the processor's caches any
 * more: what a packet costs is how many objects it has to touch. Hence the order of the fields, and the copies of what lies elsewhere.
 */
export class SubscriberTrack {
  #layer: ReceiveStream | undefined = undefined;
  #isPaused: boolean;
  /** The publisher's payload type looked up last, and this receiver's for it. */
  #sourcePayloadType = NONE_LOOKED_UP;
  #payloadType = NO_PAYLOAD_TYPE;
  readonly transport: PeerTransport;
  readonly #context: EngineContext;
  readonly #writer: PacketWriter;
  readonly #sequence: SequenceRewriter<ReceiveStream>;
  readonly #ssrc: number;
  readonly #vp8 = new Vp8Rewriter();
  readonly #stream: OutboundStream;
  readonly #sent: SentIndex;
  packetsSent = 0;
  payloadBytesSent = 0;

  readonly #rtxStream: OutboundStream | undefined;
  readonly #retransmitter: Retransmitter;
  readonly #keyframeDemand: KeyframeDemand;
  readonly #playoutDelay = new PlayoutDelay();
  #plan: SubscriberTrackPlan;
  #source: PublisherTrack | undefined = undefined;
  /** The layer to change to at its next keyframe. */
  #target: ReceiveStream | undefined = undefined;
  /** What was forwarded of the source before, while the source is being changed. */
  #former: ReceiveStream | undefined = undefined;
  #payloadTypes: PayloadTypeMaps;
  lastReport: ReportBlock | undefined = undefined;

  constructor(context: EngineContext, transport: PeerTransport, plan: SubscriberTrackPlan) {
    this.#context = context;
    this.transport = transport;
    this.#plan = plan;
    this.#isPaused = plan.paused;
    this.#ssrc = plan.ssrc;
    this.#writer = new PacketWriter(context.suite.arena, context.extensionWriter, plan);
    this.#sent = new SentIndex(SENT_WINDOW_PACKETS[plan.kind]);
    this.#stream = transport.endpoint.openOutboundStream(plan.ssrc);
    this.#rtxStream = plan.rtxSsrc === undefined ? undefined : transport.endpoint.openOutboundStream(plan.rtxSsrc);
    this.#sequence = new SequenceRewriter(firstSequence(context));
    this.#payloadTypes = mapPayloadTypes([], plan.codecs);
    this.#keyframeDemand = new KeyframeDemand(
      context.timers,
      (nowMs) => this.requestKeyframe(nowMs),
      (error) => transport.reportDefect(error),
    );
    const parts = {
      writer: this.#writer,
      sequence: this.#sequence,
      vp8: this.#vp8,
      stream: this.#stream,
      rtxStream: this.#rtxStream,
      sent: this.#sent,
      firstRtxSequence: firstSequence(context),
    };
    this.#retransmitter = new Retransmitter(context, transport, parts, this.#payloadTypes);
  }

  get packetsResent(): number {
    return this.#retransmitter.packetsResent;
  }

  get plan(): SubscriberTrackPlan {
    return this.#plan;
  }

  get source(): PublisherTrack | undefined {
    return this.#source;
  }

  /** The encoding being forwarded; undefined until the first keyframe of one. */
  get layer(): ReceiveStream | undefined {
    return this.#layer;
  }

  /** The layer asked for or nothing, even if others arrive. */
  get wantsExactLayer(): boolean {
    return this.#plan.isExactLayer === true && this.#plan.preferredRid !== undefined;
  }

  /** Whether it forwards this layer, or waits for its keyframe. */
  watches(stream: ReceiveStream): boolean {
    return !this.#plan.paused && (stream === this.#layer || stream === this.#target);
  }

  /** Takes a plan for the same m-section: another source, layer or pause. SSRCs and extension ids never change. */
  update(nowMs: number, plan: SubscriberTrackPlan, source: PublisherTrack | undefined): void {
    const resumed = this.#plan.paused && !plan.paused;
    this.#plan = plan;
    this.#isPaused = plan.paused;
    if (source !== this.#source) this.#changeSource(nowMs, source);
    else if (source) this.refreshPayloadTypes();
    if (resumed) this.#awaitKeyframe(nowMs);
    this.#source?.router.chooseLayers(nowMs);
  }

  /** The publisher's codecs changed, or ours. */
  refreshPayloadTypes(): void {
    this.#payloadTypes = mapPayloadTypes(this.#source?.plan.codecs ?? [], this.#plan.codecs);
    this.#sourcePayloadType = NONE_LOOKED_UP;
    this.#retransmitter.usePayloadTypes(this.#payloadTypes);
  }

  /** The publication is gone: the receiver is told, once; the m-section stays for another. */
  loseSource(_nowMs: number): void {
    if (this.#source !== undefined && this.packetsSent > 0) this.transport.rtcp.sendBye([this.#plan.ssrc]);
    this.#source = undefined;
    this.#layer = undefined;
    this.#target = undefined;
    this.#keyframeDemand.cancel();
  }

  close(nowMs: number): void {
    this.#source?.router.remove(this);
    this.loseSource(nowMs);
    this.transport.endpoint.closeOutboundStream(this.#stream);
    if (this.#rtxStream) this.transport.endpoint.closeOutboundStream(this.#rtxStream);
  }

  /** Chooses the encoding to forward; the change happens at its next keyframe, which is asked for. With none, nothing is forwarded. */
  aimAt(nowMs: number, chosen: ReceiveStream | undefined): void {
    if (chosen === undefined) this.#layer = undefined;
    if (chosen === this.#layer) this.#target = undefined;
    if (chosen === undefined || chosen === this.#layer || chosen === this.#target) return;
    this.#target = chosen;
    if (!this.#beginsAtOnce(nowMs, chosen)) this.requestKeyframe(nowMs);
  }

  /** The receiver says that it cannot decode (PLI, FIR). */
  handlePictureLoss(nowMs: number): void {
    const wanted = this.#target ?? this.#layer;
    // To repeat a wish that the publisher has been told of costs nobody anything, and another node asks for many at once.
    if (wanted?.keyframes.isAwaited || this.transport.isLink) this.requestKeyframe(nowMs);
    else if (!this.#keyframeDemand.request(nowMs)) this.#context.drops.increment(DropReason.KeyframeRequestTooSoon);
  }

  /** The receiver needs a keyframe of what it is to be shown. */
  requestKeyframe(nowMs: number): void {
    if (this.#plan.paused || this.#plan.kind !== 'video' || !this.transport.isSecure) return;
    const wanted = this.#target ?? this.#layer;
    if (wanted === undefined && this.wantsExactLayer) return;
    this.#source?.router.requestKeyframe(nowMs, wanted);
  }

  /** Reads a number of each object that `forward` needs, for the caches' sake. */
  prefetch(): number {
    const path = this.transport.sendPath;
    return (
      this.packetsSent +
      (path === undefined ? 0 : path.remotePort) +
      this.#writer.length +
      this.#sequence.epoch +
      this.#vp8.prefetch() +
      this.#stream.ssrc +
      this.#sent.prefetch()
    );
  }

  /** Writes the packet into this peer's outgoing stream, or drops it for a counted reason. */
  forward(nowMs: number, packet: ForwardedPacket): void {
    const isFirst = packet.stream !== this.#layer;
    const refusal = this.#refusal(nowMs, packet);
    if (refusal !== undefined) {
      this.#context.drops.increment(refusal);
      // Comfort noise and the like are left out on purpose: the receiver must not take them for lost.
      if (refusal === DropReason.UnknownPayloadType && !isFirst) this.#sequence.drop(packet.sequence);
      return;
    }
    if (packet.payload.length === 0) {
      this.#sequence.drop(packet.sequence);
      return;
    }
    const sequence = this.#sequence.map(nowMs, packet.sequence, packet.timestamp);
    if (sequence === undefined) {
      this.#context.drops.increment(DropReason.LateBeforeSwitch);
      return;
    }
    this.#send(nowMs, packet, sequence);
    if (isFirst) this.#catchUp(nowMs, packet.stream, packet.sequence + 1);
  }

  handleNack(nowMs: number, lost: readonly Seq16[]): void {
    // Left to itself, Chromium would wait for three seconds before it says that it cannot decode.
    if (!this.#retransmitter.handleNack(nowMs, lost) && this.#plan.kind === 'video') this.handlePictureLoss(nowMs);
  }

  /** Takes what the receiver says of the stream. */
  handleReport(nowMs: number, report: ReportBlock): void {
    this.lastReport = report;
    // What another node is told it would pass on to all who watch there.
    if (this.#plan.kind !== 'video' || this.transport.isLink) return;
    this.#writer.playoutDelay = this.#playoutDelay.afterReport(nowMs, report, this.transport);
  }

  /** @returns undefined as long as there is nothing to report on */
  senderReport(nowMs: number): SenderReport | undefined {
    const layer = this.#layer;
    if (layer === undefined || this.packetsSent === 0) return undefined;
    const rtpTimestamp = this.#sequence.mapTimestamp(layer.timestampAt(nowMs));
    return makeSenderReport(this.#plan.ssrc, nowMs + this.#context.wallClockOffsetMs, rtpTimestamp, this);
  }

  #changeSource(nowMs: number, source: PublisherTrack | undefined): void {
    this.#source?.router.remove(this);
    this.#former = this.#layer;
    if (source === undefined) this.loseSource(nowMs);
    this.#source = source;
    this.#layer = undefined;
    this.#target = undefined;
    this.refreshPayloadTypes();
    source?.router.add(nowMs, this);
    this.#former = undefined;
  }

  #awaitKeyframe(nowMs: number): void {
    this.#target = this.#target ?? this.#layer;
    this.#layer = undefined;
    this.requestKeyframe(nowMs);
  }

  /** Why this packet is not for this subscriber now; undefined if it is. Changes the layer when its keyframe has come. */
  #refusal(nowMs: number, packet: ForwardedPacket): DropReason | undefined {
    if (this.#isPaused) return DropReason.Paused;
    if (!this.transport.canSend) return DropReason.SendNotReady;
    const mismatch = this.#mismatch(packet);
    if (mismatch !== undefined) return mismatch;
    if (packet.stream === this.#layer) return undefined;
    if (packet.stream !== this.#target && !this.#adoptsStream(nowMs, packet)) return DropReason.LayerNotSelected;
    if (packet.codec.detectKeyframe !== undefined && !packet.isKeyframe) return DropReason.NoSubscriberKeyframe;
    this.#enter(nowMs, packet);
    return undefined;
  }

  /** Why such a packet can be sent to this subscriber at no time; undefined if it can. */
  #mismatch(packet: ForwardedPacket): DropReason | undefined {
    if (this.#payloadTypeFor(packet.codec) === NO_PAYLOAD_TYPE) return DropReason.UnknownPayloadType;
    return this.#writer.fits(packet) ? undefined : DropReason.TooLarge;
  }

  #payloadTypeFor({ plan: { payloadType } }: PublisherCodec): number {
    if (payloadType !== this.#sourcePayloadType) {
      this.#sourcePayloadType = payloadType;
      this.#payloadType = this.#payloadTypes.primary[payloadType];
    }
    return this.#payloadType;
  }

  /** Aims at a stream it has not seen if it watches nothing: the first layer, or the publisher's new SSRC for a lost one. */
  #adoptsStream(nowMs: number, { stream, isKeyframe }: ForwardedPacket): boolean {
    if (this.#layer?.isCurrent || this.#target?.isCurrent) return false;
    if (this.wantsExactLayer && stream.rid !== this.#plan.preferredRid) return false;
    this.#target = stream;
    // With its keyframe in hand there is none to ask for.
    if (!isKeyframe) this.requestKeyframe(nowMs);
    return true;
  }

  #enter(nowMs: number, packet: ForwardedPacket): void {
    const { stream, sequence, timestamp, codec } = packet;
    this.#sequence.switchSource(nowMs, stream, sequence, timestamp, codec.plan.clockRateHz);
    this.#vp8.startEpoch(this.#sequence.epoch);
    this.#layer = packet.stream;
    this.#target = undefined;
  }

  /**
   * Begins without waiting for another keyframe: where the former source left off if this is another copy of it, or with a keyframe that
   * has passed a moment ago.
   *
   * @returns false if there is neither, or something is being forwarded that would be interrupted
   */
  #beginsAtOnce(nowMs: number, stream: ReceiveStream): boolean {
    if (this.#layer !== undefined || this.#plan.paused || !this.transport.canSend) return false;
    if (this.#former !== undefined && this.#continuesWith(nowMs, this.#former, stream)) return true;
    const first = stream.recentKeyframe(nowMs);
    if (first === undefined) return false;
    const packet = this.#retransmitter.reload(nowMs, stream, first);
    if (packet === undefined || this.#mismatch(packet) !== undefined) return false;
    this.#enter(nowMs, packet);
    this.#keyframeDemand.cancel();
    this.#catchUp(nowMs, stream, first);
    return true;
  }

  #continuesWith(nowMs: number, former: ReceiveStream, stream: ReceiveStream): boolean {
    const next = findContinuation(former, stream, (of, sequence) => this.#retransmitter.reload(nowMs, of, sequence));
    if (next === undefined || (stream.newest ?? next) - next > MAX_CAUGHT_UP_PACKETS) return false;
    this.#sequence.continueWith(stream, next);
    this.#vp8.continueEpoch(this.#sequence.epoch);
    this.#layer = stream;
    this.#target = undefined;
    this.#catchUp(nowMs, stream, next);
    return true;
  }

  /** Sends what was dropped because the first packet of a keyframe was not there yet, having been overtaken; or this subscriber. */
  #catchUp(nowMs: number, stream: ReceiveStream, first: number): void {
    for (let sequence = first; sequence <= first + MAX_CAUGHT_UP_PACKETS; sequence++) {
      const packet = this.#retransmitter.reload(nowMs, stream, sequence as ExtendedSeq);
      if (packet === undefined || packet.payload.length === 0 || this.#mismatch(packet) !== undefined) continue;
      const mapped = this.#sequence.map(nowMs, packet.sequence, packet.timestamp);
      if (mapped !== undefined) this.#send(nowMs, packet, mapped);
    }
  }

  #send(nowMs: number, packet: ForwardedPacket, sequence: ExtendedSeq): void {
    const { epoch } = this.#sequence;
    const payloadType = this.#payloadTypeFor(packet.codec);
    this.#writer.write(packet, payloadType, sequence, this.#sequence.mapTimestamp(packet.timestamp, epoch), this.#ssrc);
    // What in the payload counts across sources. The copy is changed, never the packet.
    if (packet.vp8 !== undefined) this.#vp8.rewrite(this.#context.suite.arena.bytes, this.#writer.payloadOffset, packet.vp8, epoch);
    this.#context.pacer.release(this.transport, this.#stream, this.#writer, sequence);
    this.#sent.note(nowMs, sequence, packet.sequence, epoch);
    if (packet.isKeyframe) this.#keyframeDemand.cancel();
    this.packetsSent++;
    this.payloadBytesSent += packet.payload.length;
  }
}

/** Low enough that the rollover counter starts at zero for certain (RFC 3711 §3.3.1 wants no early wrap). */
function firstSequence(context: EngineContext): number {
  return 1 + Math.floor(context.random() * 0x7ffe);
}
