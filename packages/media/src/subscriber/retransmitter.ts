/**
 * Retransmits packets of one outgoing stream that the receiver requests, on its RTX stream if there is one. Only the numbers of sent
 * packets are recorded. The bytes come from the source's history and are rewritten as they were the first time.
 *
 * @see RFC 4585 §6.2.1 (generic NACK), RFC 4588 §4 (RTX)
 */
import { type ExtendedSeq, RTX_OSN_LENGTH, RtpView, type Seq16, seq16Distance, toSeq16 } from '@causeway/wire';
import type { QueuedStream } from '../congestion/pacing/send-queue.ts';
import { DropReason } from '../drop-reason.ts';
import type { EngineContext } from '../engine-context.ts';
import type { ReceiveStream, StreamPacket } from '../publisher/receive-stream.ts';
import type { OutboundStream } from '../secure-endpoint.ts';
import { NO_PAYLOAD_TYPE, type PayloadTypeMaps } from './codec-match.ts';
import type { PacketWriter } from './packet-writer.ts';
import type { FrameNumberRewriter, Vp8Rewriter } from './picture-numbers.ts';
import type { Redundancy } from './redundancy.ts';
import type { SentIndex } from './sent-index.ts';
import type { SequenceRewriter } from './sequence-rewriter.ts';
import type { SendingTransport } from './subscribing-peer.ts';

/** More than could be answered; one datagram can list six thousand. */
const MAX_NUMBERS_PER_NACK = 1024;
/** Probes repeat the newest packets in turn; this is how many. */
const MAX_PROBED_PACKETS = 16;
/** A packet is used in a probe if it is at most this many times larger or smaller than wanted. */
const PROBE_SIZE_RATIO = 1.5;
/** libwebrtc's maximum padding, so receivers handle it. */
const MAX_PADDING = 224;
const NO_PROBE = 0;

/** The objects that the retransmitter shares with its outgoing stream. */
export interface RetransmitterParts {
  readonly writer: PacketWriter;
  readonly sequence: SequenceRewriter<ReceiveStream>;
  readonly vp8: Vp8Rewriter;
  readonly frameNumbers: FrameNumberRewriter;
  readonly stream: OutboundStream;
  readonly rtxStream: OutboundStream | undefined;
  /** Maintained by the stream. */
  readonly sent: SentIndex;
  readonly firstRtxSequence: number;
  /** The stream under which packets wait for room on the path. */
  readonly queued: QueuedStream;
}

export class Retransmitter {
  readonly #context: EngineContext;
  readonly #transport: SendingTransport;
  readonly #parts: RetransmitterParts;
  readonly #budget = new ResendBudget();
  readonly #view = new RtpView();
  #payloadTypes: PayloadTypeMaps;
  #redundancy: Redundancy | undefined = undefined;
  #rtxSequence: number;
  #isGivenUp = false;
  /** Numbers up to this one are not sent again. */
  #abandonedTo = Number.NEGATIVE_INFINITY;
  /** Packets up to this one had other header extensions. */
  #changedAfter = Number.NEGATIVE_INFINITY;
  /** Timestamp of the last retransmitted packet; padding reuses it. */
  #timestamp = 0;
  #probes = 0;
  #probedSequence = 0 as ExtendedSeq;
  packetsResent = 0;
  /** Size of these packets before protection, headers included. */
  bytesResent = 0;

  constructor(context: EngineContext, transport: SendingTransport, parts: RetransmitterParts, payloadTypes: PayloadTypeMaps) {
    this.#context = context;
    this.#transport = transport;
    this.#parts = parts;
    this.#payloadTypes = payloadTypes;
    this.#rtxSequence = parts.firstRtxSequence;
  }

  usePayloadTypes(payloadTypes: PayloadTypeMaps, redundancy: Redundancy | undefined): void {
    this.#payloadTypes = payloadTypes;
    this.#redundancy = redundancy;
  }

  /**
   * @returns false if the receiver still misses a packet that will not be sent again, so that packets which depend on it cannot be
   *   decoded
   */
  handleNack(nowMs: number, lost: readonly Seq16[]): boolean {
    const { highest } = this.#parts.sequence;
    if (highest === undefined) return true;
    this.#isGivenUp = false;
    const highest16 = toSeq16(highest);
    const count = Math.min(lost.length, MAX_NUMBERS_PER_NACK);
    for (let index = 0; index < count; index++) {
      const reason = this.#resend(nowMs, (highest + seq16Distance(highest16, lost[index])) as ExtendedSeq);
      if (reason !== undefined) this.#context.drops.increment(reason);
    }
    return !this.#isGivenUp;
  }

  /** Sends nothing again that was sent until now. Requests for it are ignored, because what follows begins with a keyframe. */
  abandonSent(): void {
    this.#abandonedTo = this.#parts.sequence.highest ?? this.#abandonedTo;
  }

  /** Called when packets get other header extensions from now on. */
  headersChanged(): void {
    this.#changedAfter = this.#parts.sequence.highest ?? this.#changedAfter;
  }

  /** Reads a packet from a source's history. @returns undefined if it is no longer there */
  reload(nowMs: number, source: ReceiveStream, sequence: ExtendedSeq): StreamPacket | undefined {
    const bytes = source.history.find(nowMs, sequence);
    return bytes && source.reload(this.#view, bytes, sequence);
  }

  /** @returns the reason why the packet is not sent again; undefined if it is */
  #resend(nowMs: number, outSeq: ExtendedSeq): DropReason | undefined {
    const { sent } = this.#parts;
    if (outSeq <= this.#abandonedTo) return DropReason.RtxSuppressed;
    if (!sent.find(outSeq)) return DropReason.NackForUnknown;
    if (!sent.mayResend(nowMs, this.#transport.rttMs)) {
      this.#isGivenUp ||= sent.isGivenUp(nowMs, this.#transport.rttMs);
      return DropReason.RtxSuppressed;
    }
    const source = this.#parts.sequence.sourceOf(sent.epoch);
    const packet = source && this.reload(nowMs, source, sent.sourceSeq);
    if (source === undefined || packet === undefined || !this.#transport.canSend) return DropReason.RtxNotInHistory;
    // The publisher's codecs may have changed since.
    if (this.#payloadTypes.primary[packet.codec.plan.payloadType] === NO_PAYLOAD_TYPE) return DropReason.UnknownPayloadType;
    if (!this.#mayRepeat(packet, outSeq)) {
      this.#isGivenUp = true;
      return DropReason.RtxSuppressed;
    }
    // The stream has the bitrate of its source, which is measured once for all subscribers.
    const streamBps = source.statistics.bitrateBps(nowMs);
    const sizeBytes = source.history.lengthOf(sent.sourceSeq);
    if (!this.#budget.allow(nowMs, sizeBytes, streamBps)) return DropReason.RtxSuppressed;
    sent.noteResent(nowMs);
    const { sender } = this.#transport;
    if (sender.queue === undefined || sender.queue.passes(nowMs, sizeBytes)) this.#resendNow(packet, outSeq, sent.epoch);
    else sender.enqueueResend(nowMs, this.#parts.queued, sent.sourceSeq, outSeq, sent.epoch, sizeBytes);
    return undefined;
  }

  /** Retransmits a packet that waited for room on the path. @returns false if it is no longer in the history */
  resendQueued(nowMs: number, sourceSequence: ExtendedSeq, outSeq: ExtendedSeq, epoch: number): boolean {
    const source = this.#parts.sequence.sourceOf(epoch);
    const packet = source && this.reload(nowMs, source, sourceSequence);
    if (packet === undefined || this.#payloadTypes.primary[packet.codec.plan.payloadType] === NO_PAYLOAD_TYPE) return false;
    // Codecs and header extensions may have changed since the packet was queued.
    if (!this.#mayRepeat(packet, outSeq)) return false;
    this.#resendNow(packet, outSeq, epoch);
    return true;
  }

  #resendNow(packet: StreamPacket, outSeq: ExtendedSeq, epoch: number): void {
    this.#sendAgain(packet, outSeq, epoch);
    this.packetsResent++;
    this.bytesResent += this.#parts.writer.length;
  }

  /** Whether the peer accepts RTX for some payload type, and its packets carry transport-wide numbers. */
  get carriesProbes(): boolean {
    const { writer, rtxStream } = this.#parts;
    return rtxStream !== undefined && writer.isNumbered && this.#payloadTypes.rtx.some((type) => type !== NO_PAYLOAD_TYPE);
  }

  /**
   * Sends a packet of a bandwidth probe on the RTX stream: one of the newest packets, which may even repair a loss, or padding if none has
   * about the right size. It is not billed.
   *
   * @param sizeBytes the preferred size
   * @returns the size of the packet; undefined if `carriesProbes` is false
   */
  sendProbe(nowMs: number, probe: number, sizeBytes: number): number | undefined {
    const { writer, rtxStream } = this.#parts;
    const rtxPayloadType = this.#payloadTypes.rtx.find((type) => type !== NO_PAYLOAD_TYPE);
    if (rtxStream === undefined || rtxPayloadType === undefined || !writer.isNumbered) return undefined;
    writer.probe = probe;
    const packet = this.#findForProbe(nowMs, sizeBytes);
    if (packet !== undefined) this.#sendAgain(packet, this.#probedSequence, this.#parts.sent.epoch);
    else {
      const rtxSequence = this.#rtxSequence++;
      writer.writePadding(rtxPayloadType, rtxSequence, this.#timestamp, rtxStream.ssrc, MAX_PADDING);
      this.#transport.release(rtxStream, writer, rtxSequence);
    }
    writer.probe = NO_PROBE;
    return writer.length;
  }

  /** Finds one of the newest packets, a different one with each call. */
  #findForProbe(nowMs: number, sizeBytes: number): StreamPacket | undefined {
    const { sent, sequence } = this.#parts;
    const { highest } = sequence;
    if (highest === undefined) return undefined;
    this.#probedSequence = (highest - (this.#probes++ % MAX_PROBED_PACKETS)) as ExtendedSeq;
    const source = sent.find(this.#probedSequence) ? sequence.sourceOf(sent.epoch) : undefined;
    if (source === undefined) return undefined;
    const length = source.history.lengthOf(sent.sourceSeq);
    if (length < sizeBytes / PROBE_SIZE_RATIO || length > sizeBytes * PROBE_SIZE_RATIO) return undefined;
    const packet = this.reload(nowMs, source, sent.sourceSeq);
    if (packet === undefined) return undefined;
    const hasRtx = this.#payloadTypes.rtx[packet.codec.plan.payloadType] !== NO_PAYLOAD_TYPE;
    return hasRtx ? packet : undefined;
  }

  /**
   * Without an RTX stream, AES-GCM allows a packet to be repeated only with an identical header (RFC 7714 §8.3), but its transport-wide
   * number would differ, as would the extensions that have changed since. In no profile may it be repeated with another payload, so nothing up
   * to the last packet of RED is.
   */
  #mayRepeat({ codec }: StreamPacket, outSeq: ExtendedSeq): boolean {
    const { rtxStream, writer } = this.#parts;
    const hasRtx = rtxStream !== undefined && this.#payloadTypes.rtx[codec.plan.payloadType] !== NO_PAYLOAD_TYPE;
    if (hasRtx) return true;
    if (outSeq <= (this.#redundancy?.lastSequence ?? Number.NEGATIVE_INFINITY)) return false;
    return !this.#transport.repeatsHeaders || (!writer.variesHeaders && outSeq > this.#changedAfter);
  }

  #sendAgain(packet: StreamPacket, outSeq: ExtendedSeq, epoch: number): void {
    const { writer, stream, rtxStream, sequence } = this.#parts;
    const timestamp = sequence.mapTimestamp(packet.timestamp, epoch);
    const { payloadType } = packet.codec.plan;
    const rtxPayloadType = this.#payloadTypes.rtx[payloadType];
    if (rtxStream !== undefined && rtxPayloadType !== NO_PAYLOAD_TYPE) {
      const rtxSequence = this.#rtxSequence++;
      writer.writeRtx(packet, rtxPayloadType, rtxSequence, timestamp, rtxStream.ssrc, outSeq);
      this.#rewrite(packet, writer.payloadOffset + RTX_OSN_LENGTH, epoch);
      this.#transport.release(rtxStream, writer, rtxSequence);
    } else {
      writer.write(packet, this.#payloadTypes.primary[payloadType], outSeq, timestamp, stream.ssrc);
      this.#rewrite(packet, writer.payloadOffset, epoch);
      this.#transport.release(stream, writer, outSeq);
    }
    this.#timestamp = timestamp;
  }

  #rewrite(packet: StreamPacket, payloadOffset: number, epoch: number): void {
    const { vp8, frameNumbers, writer } = this.#parts;
    const { bytes } = this.#context.suite.arena;
    if (packet.vp8 !== undefined) vp8.rewrite(bytes, payloadOffset, packet.vp8, epoch);
    if (writer.descriptorOffset >= 0) frameNumbers.rewrite(bytes, writer.descriptorOffset, epoch);
  }
}

const MAX_SHARE_OF_STREAM = 0.2;
/** The losses of a burst this long may be repaired at once. */
const BURST_MS = 100;
/** For streams with so low a bitrate that a fifth of it would repair nothing. It allows for the loss of one audio packet in five. */
const MIN_RATE_BPS = 40_000;
/** Ten full packets, about what a short burst of loss takes out of a keyframe. */
const MIN_BURST_BYTES = 12_000;
/** Small packets take as much work as large ones. */
const MAX_BURST_PACKETS = 128;

/**
 * Limits the bytes that one subscriber's retransmissions may take to a share of its stream. A peer that requests everything again cannot
 * use the SFU as an amplifier.
 */
export class ResendBudget {
  #tokensBytes = MIN_BURST_BYTES;
  #refilledAtMs = Number.NEGATIVE_INFINITY;
  #burstStartedAtMs = Number.NEGATIVE_INFINITY;
  #burstPackets = 0;

  /**
   * Takes the size of a retransmission from the budget.
   *
   * @param streamBps present bitrate of the stream
   * @returns false if the packet must not be sent; the budget is then unchanged
   */
  allow(nowMs: number, sizeBytes: number, streamBps: number): boolean {
    this.#refill(nowMs, streamBps);
    if (this.#tokensBytes < sizeBytes || this.#burstPackets >= MAX_BURST_PACKETS) return false;
    this.#tokensBytes -= sizeBytes;
    this.#burstPackets++;
    return true;
  }

  #refill(nowMs: number, streamBps: number): void {
    const refillBps = Math.max(streamBps * MAX_SHARE_OF_STREAM, MIN_RATE_BPS);
    const burstBytes = Math.max((streamBps * BURST_MS) / 8000, MIN_BURST_BYTES);
    const earnedBytes = (refillBps * (nowMs - this.#refilledAtMs)) / 8000;
    this.#tokensBytes = Math.min(this.#tokensBytes + earnedBytes, burstBytes);
    this.#refilledAtMs = nowMs;
    if (nowMs - this.#burstStartedAtMs < BURST_MS) return;
    this.#burstStartedAtMs = nowMs;
    this.#burstPackets = 0;
  }
}
