/**
 * The continuous RTP stream that a subscriber receives under the SFU's own SSRC. It assigns sequence numbers, timestamps and payload types,
 * and records what was sent so that it can be sent again.
 */
import { type ExtendedSeq, type ReportBlock, type SenderReport, type Seq16, TRANSPORT_WIDE_CC_URI } from '@causeway/wire';
import { DropReason } from '../drop-reason.ts';
import type { EngineContext } from '../engine-context.ts';
import type { CodecPlan, MediaKind, SubscriberTrackPlan } from '../plan.ts';
import type { ReceiveStream, StreamPacket } from '../publisher/receive-stream.ts';
import type { PublisherCodec } from '../router/track-router.ts';
import type { OutboundStream } from '../secure-endpoint.ts';
import { mapPayloadTypes, NO_PAYLOAD_TYPE, type PayloadTypeMaps } from './codec-match.ts';
import { LayerFilter } from './layer-filter.ts';
import { PacketWriter } from './packet-writer.ts';
import { FrameNumberRewriter, Vp8Rewriter } from './picture-numbers.ts';
import { Redundancy } from './redundancy.ts';
import { Retransmitter } from './retransmitter.ts';
import { SentIndex } from './sent-index.ts';
import { SequenceRewriter } from './sequence-rewriter.ts';
import { makeSenderReport } from './stream-reports.ts';
import type { SendingTransport } from './subscribing-peer.ts';

/** How far behind the newest packet a NACK may reach. */
const SENT_WINDOW_PACKETS: Readonly<Record<MediaKind, number>> = { video: 1024, audio: 256 };
const NONE_LOOKED_UP = -1;
/** Bytes that a packet takes on the wire beyond its payload: RTP, UDP and IP headers, a few extensions and SRTP's tag. */
const USUAL_HEADER_BYTES = 64;

/*
 * A packet is fanned out to hundreds of these, each a few milliseconds after its previous packet, when none of it is in the processor's
 * caches any more. The cost of a packet is therefore the number of objects it touches, which explains the order of the fields and the
 * copies of values that live elsewhere. It also explains the signed 32-bit numbers: V8 stores a larger number or a fraction as a separate
 * object, and allocates it again on every change.
 */
export class OutgoingStream {
  /** The publisher's payload type that was looked up last, and the receiver's payload type for it. */
  #sourcePayloadType = NONE_LOOKED_UP;
  #payloadType = NO_PAYLOAD_TYPE;
  readonly #transport: SendingTransport;
  readonly #context: EngineContext;
  readonly #writer: PacketWriter;
  readonly #sequence: SequenceRewriter<ReceiveStream>;
  /** Stored as a signed number. */
  readonly #ssrc: number;
  readonly #vp8 = new Vp8Rewriter();
  readonly #stream: OutboundStream;
  /** Audio never waits for room on the path. */
  readonly #mayWait: boolean;
  readonly #sent: SentIndex;
  /** Undefined unless the receiver accepts RED. */
  #redundancy: Redundancy | undefined = undefined;
  packetsSent = 0;
  payloadBytesSent = 0;
  chargedExtensionBytesSent = 0;

  readonly #rtxStream: OutboundStream | undefined;
  readonly #retransmitter: Retransmitter;
  readonly #frameNumbers = new FrameNumberRewriter();
  #payloadTypes: PayloadTypeMaps;
  readonly #onGap: (nowMs: number) => void;

  /** @param onGap is called when queued packets were dropped, so that the receiver needs a keyframe */
  constructor(context: EngineContext, transport: SendingTransport, plan: SubscriberTrackPlan, onGap: (nowMs: number) => void) {
    this.#onGap = onGap;
    this.#context = context;
    this.#transport = transport;
    this.#ssrc = plan.ssrc | 0;
    this.#writer = new PacketWriter(context.slots, context.extensionWriter, numberedIn(transport, plan));
    this.#mayWait = plan.kind === 'video';
    this.#sent = new SentIndex(SENT_WINDOW_PACKETS[plan.kind], transport);
    this.#stream = transport.endpoint.openOutboundStream(plan.ssrc);
    this.#rtxStream = plan.rtxSsrc === undefined ? undefined : transport.endpoint.openOutboundStream(plan.rtxSsrc);
    this.#sequence = new SequenceRewriter(firstSequence(context));
    this.#payloadTypes = mapPayloadTypes([], plan.codecs);
    const parts = {
      writer: this.#writer,
      sequence: this.#sequence,
      vp8: this.#vp8,
      frameNumbers: this.#frameNumbers,
      stream: this.#stream,
      rtxStream: this.#rtxStream,
      sent: this.#sent,
      firstRtxSequence: firstSequence(context),
      queued: this,
    };
    this.#retransmitter = new Retransmitter(context, transport, parts, this.#payloadTypes);
    if (this.#writer.isNumbered) transport.sender.addStream(this);
  }

  /** Adapts to what the receiver has agreed to report: arrivals per stream, by transport-wide number, or none. */
  followReports(plan: SubscriberTrackPlan): void {
    const { sender, isInProcess } = this.#transport;
    const wasNumbered = this.#writer.isNumbered;
    if (isInProcess || !this.#writer.followReports(plan)) return;
    this.#retransmitter.headersChanged();
    if (!this.#writer.isNumbered) sender.stopNumbering(this);
    else if (wasNumbered) sender.changeReports(this);
    else sender.addStream(this);
  }

  get packetsResent(): number {
    return this.#retransmitter.packetsResent;
  }

  get bytesResent(): number {
    return this.#retransmitter.bytesResent;
  }

  /** Replaces the publisher's value in every packet, if the receiver has negotiated the extension. */
  set playoutDelay(value: Uint8Array | undefined) {
    if (value === this.#writer.playoutDelay) return;
    this.#writer.playoutDelay = value;
    this.#retransmitter.headersChanged();
  }

  /** Decides which layers are dropped; undefined while none ever were. */
  get filter(): LayerFilter | undefined {
    return this.#writer.filter;
  }

  /** Sets which layers of the source are sent. The limits take effect as soon as the stream allows. */
  limitLayers(spatialId: number, temporalId: number): void {
    this.#writer.filter ??= new LayerFilter();
    this.#writer.filter.want(spatialId, temporalId);
  }

  /** Drops the packet if its layer is not sent. @returns whether it was dropped; a packet that comes too late for that is sent */
  leavesOut(packet: StreamPacket): boolean {
    return this.#writer.filter?.admits(packet) === false && this.#leaveOutFrame(packet);
  }

  /** Updates the payload types after the publisher's or the receiver's codecs have changed. */
  useCodecs(published: readonly CodecPlan[], subscribed: readonly CodecPlan[]): void {
    this.#payloadTypes = mapPayloadTypes(published, subscribed);
    this.#sourcePayloadType = NONE_LOOKED_UP;
    this.#redundancy = Redundancy.for(subscribed, this.#redundancy);
    this.#retransmitter.usePayloadTypes(this.#payloadTypes, this.#redundancy);
  }

  /** The reason why such a packet can never be sent to this receiver; undefined if it can. */
  mismatch(packet: StreamPacket): DropReason | undefined {
    if (this.#payloadTypeFor(packet.codec) === NO_PAYLOAD_TYPE) return DropReason.UnknownPayloadType;
    return this.#writer.fits(packet) ? undefined : DropReason.TooLarge;
  }

  /** Switches to the source of this packet, starting with this packet. */
  begin(nowMs: number, { stream, sequence, timestamp, codec }: StreamPacket): void {
    this.#sequence.switchSource(nowMs, stream, sequence, timestamp, codec.plan.clockRateHz);
    this.#redundancy?.beginWith(sequence);
    this.#startEpoch();
  }

  /** Like `begin`, but with a packet from the history; the packets that have followed it are to be sent right after it. */
  beginWithKept(nowMs: number, { stream, sequence, timestamp, codec }: StreamPacket): void {
    const newest = { atMs: stream.lastPacketMs, timestamp: stream.lastTimestamp };
    this.#sequence.switchToKept(nowMs, stream, sequence, timestamp, newest, codec.plan.clockRateHz);
    this.#startEpoch();
  }

  #startEpoch(): void {
    // Queued packets belong to the previous layer, and would only delay this keyframe.
    this.dropQueued();
    this.#vp8.startEpoch(this.#sequence.epoch);
    this.#frameNumbers.startEpoch(this.#sequence.epoch);
    this.#writer.filter?.restart();
  }

  /** Drops the packets that wait for room on the path. */
  dropQueued(): void {
    this.#transport.sender.dropQueued(this);
  }

  /** Gives up what was sent or queued until now. On a full path it would only delay the keyframe of a layer that fits. */
  abandonSent(): void {
    this.dropQueued();
    this.#retransmitter.abandonSent();
  }

  /** Continues with another copy of the source. The packet numbered `next` there follows the newest packet sent. */
  continueWith(source: ReceiveStream, next: ExtendedSeq): void {
    this.#sequence.continueWith(source, next);
    this.#redundancy?.beginWith(next);
    this.#vp8.continueEpoch(this.#sequence.epoch);
    this.#frameNumbers.continueEpoch(this.#sequence.epoch);
  }

  /** Drops a packet of the source on purpose. @returns false if it is too late for that: the receiver will see a lost packet */
  leaveOut(sequence: ExtendedSeq): boolean {
    return this.#sequence.drop(sequence);
  }

  /** Does the same as `leaveOut` for a packet of a frame that is dropped entirely. The frame numbers then leave no gap either. */
  #leaveOutFrame(packet: StreamPacket): boolean {
    if (!this.#sequence.drop(packet.sequence)) return false;
    if (packet.vp8 !== undefined) this.#vp8.leaveOut(packet.vp8, packet.payload);
    return true;
  }

  /**
   * Writes a packet of the source and sends it, immediately or when the path has room.
   *
   * @returns false if it is older than the first packet after the switch
   */
  send(nowMs: number, packet: StreamPacket): boolean {
    const sequence = this.#sequence.map(nowMs, packet.sequence, packet.timestamp);
    if (sequence === undefined) return false;
    this.#pass(nowMs, packet, sequence, this.#sequence.epoch);
    return true;
  }

  /** Identifies the current run of packets, which started with the last `begin` or `continueWith`. */
  get epoch(): number {
    return this.#sequence.epoch;
  }

  /**
   * Sends a packet of an earlier epoch that was still missing when that epoch ended. If no sequence number was left for it, it is dropped.
   */
  sendLate(nowMs: number, packet: StreamPacket, epoch: number): void {
    if (this.mismatch(packet) !== undefined) return;
    const sequence = this.#sequence.mapLate(epoch, packet.sequence);
    if (sequence === undefined) this.#context.drops.increment(DropReason.LateBeforeSwitch);
    else this.#pass(nowMs, packet, sequence, epoch);
  }

  #pass(nowMs: number, packet: StreamPacket, sequence: ExtendedSeq, epoch: number): void {
    const { sender } = this.#transport;
    const sizeBytes = packet.payload.length + USUAL_HEADER_BYTES;
    const { queue } = sender;
    if (queue !== undefined && !this.#mayWait) queue.spend(sizeBytes);
    else if (queue !== undefined && !queue.passes(nowMs, sizeBytes)) {
      sender.enqueue(nowMs, this, packet.sequence, sequence, epoch, sizeBytes);
      return;
    }
    this.#write(nowMs, packet, sequence, epoch);
  }

  sendQueued(nowMs: number, sourceSequence: number, sequence: number, epoch: number): boolean {
    const source = this.#sequence.sourceOf(epoch);
    const packet = source && this.reload(nowMs, source, sourceSequence as ExtendedSeq);
    // The codecs may have changed since the packet was queued.
    if (packet === undefined || this.mismatch(packet) !== undefined) return false;
    this.#write(nowMs, packet, sequence as ExtendedSeq, epoch);
    return true;
  }

  resendQueued(nowMs: number, sourceSequence: number, sequence: number, epoch: number): boolean {
    return this.#retransmitter.resendQueued(nowMs, sourceSequence as ExtendedSeq, sequence as ExtendedSeq, epoch);
  }

  queueDropped(nowMs: number): void {
    this.#onGap(nowMs);
  }

  #write(nowMs: number, packet: StreamPacket, sequence: ExtendedSeq, epoch: number): void {
    const timestamp = this.#sequence.mapTimestamp(packet.timestamp, epoch);
    if (this.#redundancy !== undefined && epoch === this.#sequence.epoch && this.#addsTo(nowMs, packet, this.#redundancy)) {
      this.#redundancy.lastSequence = Math.max(this.#redundancy.lastSequence, sequence);
      this.#writer.writeRed(packet, this.#redundancy, sequence, timestamp, this.#ssrc);
    } else {
      this.#writer.write(packet, this.#payloadTypeFor(packet.codec), sequence, timestamp, this.#ssrc);
    }
    // Rewrite the numbers in payload and extensions that have to continue across sources. Only the copy is changed, never the packet
    // itself.
    if (packet.vp8 !== undefined) this.#vp8.rewrite(this.#context.suite.arena.bytes, this.#writer.payloadOffset, packet.vp8, epoch);
    const { descriptorOffset } = this.#writer;
    if (descriptorOffset >= 0) this.#frameNumbers.rewrite(this.#context.suite.arena.bytes, descriptorOffset, epoch);
    this.#transport.release(this.#stream, this.#writer, sequence);
    this.#sent.note(nowMs, sequence, packet.sequence, epoch);
    this.packetsSent++;
    this.payloadBytesSent += packet.payload.length;
    this.chargedExtensionBytesSent += packet.chargedExtensionBytes;
  }

  /** Whether there are earlier packets to send along with this one. */
  #addsTo(nowMs: number, packet: StreamPacket, redundancy: Redundancy): boolean {
    const { level } = redundancy;
    const { sender, allocation } = this.#transport;
    if (level.isDue(nowMs)) {
      const lossRatio = sender.lossRatio(nowMs) ?? redundancy.reportedLoss.ratio;
      level.decide(nowMs, lossRatio, packet.stream.rate.bps, allocation.limitBps);
    }
    return level.value > 0 && redundancy.collect(nowMs, packet) && this.#writer.fits(packet, redundancy.extraBytes);
  }

  /** Takes a report of the receiver about the stream. */
  noteReport(report: ReportBlock): void {
    this.#redundancy?.reportedLoss.note(report, this.packetsSent);
  }

  /** How many audio packets each sent packet holds at present. */
  get packetsInEach(): number {
    return 1 + (this.#redundancy?.level.value ?? 0);
  }

  /**
   * Corrects the counters after a packet of the stream was dropped unsent. Earlier packets inside it were never counted. How much
   * of it they took is no longer known, so they are assumed to be as long as the new one.
   */
  noteUnsent(payloadBytes: number, payloadType: number): void {
    const isRed = payloadType === this.#redundancy?.payloadType;
    this.packetsSent--;
    this.payloadBytesSent -= isRed ? Math.floor(payloadBytes / this.packetsInEach) : payloadBytes;
  }

  /** Sends the packets from `first` to `last` that are still in the source's history, except those of no use to the receiver. */
  sendKept(nowMs: number, source: ReceiveStream, first: number, last: number): void {
    for (let sequence = first; sequence <= last; sequence++) {
      const packet = this.reload(nowMs, source, sequence as ExtendedSeq);
      if (packet === undefined) continue;
      const mismatch = this.mismatch(packet);
      if (packet.payload.length === 0 || mismatch === DropReason.UnknownPayloadType) this.leaveOut(packet.sequence);
      else if (mismatch === undefined && !this.leavesOut(packet)) this.send(nowMs, packet);
    }
  }

  /** Reads a packet from a source's history. @returns undefined if it is no longer there */
  reload(nowMs: number, source: ReceiveStream, sequence: ExtendedSeq): StreamPacket | undefined {
    return this.#retransmitter.reload(nowMs, source, sequence);
  }

  /**
   * @returns false if the receiver still misses a packet that will not be sent again, so that packets which depend on it cannot be
   *   decoded
   */
  handleNack(nowMs: number, lost: readonly Seq16[]): boolean {
    return this.#retransmitter.handleNack(nowMs, lost);
  }

  /** @returns undefined until a packet has been sent */
  senderReport(nowMs: number, source: ReceiveStream): SenderReport | undefined {
    if (this.packetsSent === 0) return undefined;
    const rtpTimestamp = this.#sequence.mapTimestamp(source.timestampAt(nowMs));
    return makeSenderReport(this.#ssrc >>> 0, nowMs + this.#context.wallClockOffsetMs, rtpTimestamp, this);
  }

  get ssrcs(): readonly number[] {
    return this.#rtxStream === undefined ? [this.#stream.ssrc] : [this.#stream.ssrc, this.#rtxStream.ssrc];
  }

  /** Whether the stream can carry packets of a bandwidth probe. */
  get carriesProbes(): boolean {
    return this.#retransmitter.carriesProbes;
  }

  /** Sends a packet of a bandwidth probe. @returns its size in bytes; undefined if this stream cannot carry probes */
  sendProbe(nowMs: number, probe: number, sizeBytes: number): number | undefined {
    return this.#retransmitter.sendProbe(nowMs, probe, sizeBytes);
  }

  /** Reads a field of each object that `send` needs, to warm the cache. */
  prefetch(): number {
    const { sendPath, sender } = this.#transport;
    return (
      this.packetsSent ^
      (sendPath === undefined ? 0 : sendPath.prefetch()) ^
      sender.sent.prefetch() ^
      this.#writer.prefetch() ^
      this.#sequence.prefetch() ^
      this.#vp8.prefetch() ^
      this.#sent.prefetch()
    );
  }

  close(): void {
    this.#transport.sender.removeStream(this);
    this.#transport.endpoint.closeOutboundStream(this.#stream);
    if (this.#rtxStream) this.#transport.endpoint.closeOutboundStream(this.#rtxStream);
  }

  #payloadTypeFor({ plan: { payloadType } }: PublisherCodec): number {
    if (payloadType !== this.#sourcePayloadType) {
      this.#sourcePayloadType = payloadType;
      this.#payloadType = this.#payloadTypes.primary[payloadType];
    }
    return this.#payloadType;
  }
}

/** A link within the process has no path to measure, so its packets need no transport-wide numbers. */
function numberedIn({ isInProcess }: SendingTransport, plan: SubscriberTrackPlan): SubscriberTrackPlan {
  if (!isInProcess) return plan;
  return { ...plan, isReportedByStream: false, extensions: plan.extensions.filter(({ uri }) => uri !== TRANSPORT_WIDE_CC_URI) };
}

/** The first sequence number is low, so that it does not wrap early and the rollover counter is sure to start at zero (RFC 3711 §3.3.1). */
function firstSequence(context: EngineContext): number {
  return 1 + ((context.random() * 0x7ffe) | 0);
}
