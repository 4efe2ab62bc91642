/**
 * One SCTP association inside DTLS, without I/O and without a clock: packets and the time come in, packets and messages go out. It has one
 * path, and no heartbeats of its own, since ICE watches that path.
 *
 * Nothing is sent from within a call but answers to INIT and HEARTBEAT, and acknowledgements on a path that loses packets: what there is to
 * send waits for `handleTimeout`, which is due at once then, so that all that happens in one turn shares packets.
 *
 * @see RFC 9260, RFC 8831, docs/adr/0015-our-own-sctp.md
 */
import {
  type HmacSha1,
  readChecksum,
  SCTP_CHUNK_HEADER_LENGTH,
  SctpChunkType,
  SctpErrorCause,
  SctpPacketView,
  sctpChecksum,
  writeAbort,
} from '@causeway/wire';
import type { DataCounters } from '../data-counters.ts';
import { type AssociationLimits, CLIENT_LIMITS } from './association-limits.ts';
import { Handshake, type HandshakePort } from './handshake.ts';
import type { InboundListener } from './inbound-streams.ts';
import type { MessageToSend } from './outgoing-message.ts';
import { OutgoingPacket } from './outgoing-packet.ts';
import { Peering } from './peering.ts';
import type { StreamResetListener } from './stream-reset.ts';

export interface AssociationListener extends InboundListener, StreamResetListener {
  /** A packet for the peer, which is overwritten after the call. */
  onPacket(packet: Uint8Array): void;
  /** Messages can be sent now. Comes again when an association begins that knows nothing of those sent before. */
  onReady(): void;
  /** The peer has begun again: streams, and all that was on its way, are gone. `onReady` follows. */
  onRestarted(): void;
  /** The peer has aborted the association or shut it down, or we had to; at most once, and not after `close()`. */
  onClosed(): void;
}

export interface AssociationOptions {
  readonly hmacSha1: HmacSha1;
  /** @returns unpredictable bytes */
  readonly randomBytes: (length: number) => Uint8Array;
  readonly counters: DataCounters;
  readonly listener: AssociationListener;
  /** Default: those of clients. */
  readonly limits?: AssociationLimits;
}

/** RFC 9260 §3: an unknown chunk whose highest bit is not set ends the reading of its packet. */
const SKIP_BIT = 0x80;
/** On ABORT and SHUTDOWN COMPLETE it means that the tag is that of the receiver's own packets, reflected. */
const REFLECTED_TAG_BIT = 0x01;
const NOTHING = new Uint8Array(0);

export class Association {
  readonly #listener: AssociationListener;
  readonly #counters: DataCounters;
  readonly #packet = new OutgoingPacket();
  readonly #view = new SctpPacketView();
  readonly #handshake: Handshake;
  readonly #limits: AssociationLimits;
  #peering: Peering | undefined;
  /** Since when there may be something to send. */
  #dueAtMs = Number.POSITIVE_INFINITY;
  #isClosed = false;

  constructor({ listener, counters, hmacSha1, randomBytes, limits = CLIENT_LIMITS }: AssociationOptions) {
    this.#listener = listener;
    this.#counters = counters;
    this.#limits = limits;
    const { maxStreams } = limits;
    this.#handshake = new Handshake({ packet: this.#packet, port: this.#createPort(), hmacSha1, randomBytes, maxStreams });
  }

  /** Whether `send` may succeed. */
  get isReady(): boolean {
    return this.#peering !== undefined && this.#handshake.state !== 'shutting-down' && !this.#isClosed;
  }

  /** When `handleTimeout` is wanted; Infinity if never. */
  get nextDeadlineMs(): number {
    if (this.#isClosed) return Number.POSITIVE_INFINITY;
    const nextMs = Math.min(this.#dueAtMs, this.#handshake.deadlineMs);
    if (this.#peering === undefined || this.#handshake.state === 'cookie-echoed') return nextMs;
    return Math.min(nextMs, this.#peering.nextDeadlineMs);
  }

  /** Begins the association, unless it has begun. The peer may do the same at the same time. */
  connect(nowMs: number): void {
    this.#handshake.connect(nowMs);
  }

  /** Takes one packet from the peer, whatever it may be. */
  handlePacket(nowMs: number, packet: Uint8Array): void {
    if (this.#isClosed) return;
    const view = this.#view;
    const isWellFormed = view.read(packet) && view.nextChunk() && this.#hasGoodChecksum(packet);
    if (!isWellFormed || (view.chunkType === SctpChunkType.init && !this.#handshake.handleInit(nowMs, view))) {
      this.#counters.malformedPackets++;
    } else if (view.chunkType !== SctpChunkType.init) {
      if (this.#isForUs(nowMs)) this.#handleChunks(nowMs);
      else this.#counters.foreignPackets++;
    }
  }

  /** Does what is due, and sends what there is to send. */
  handleTimeout(nowMs: number): void {
    if (this.#isClosed) return;
    this.#dueAtMs = Number.POSITIVE_INFINITY;
    this.#handshake.handleTimeout(nowMs);
    if (this.#peering === undefined || this.#handshake.state === 'cookie-echoed' || this.#isClosed) return;
    this.#peering.handleTimeout(nowMs);
    this.#transmit(nowMs, this.#peering);
  }

  /** @returns false if the association is not ready, has no such stream, or has too much to send already */
  send(nowMs: number, message: MessageToSend): boolean {
    const peering = this.#peering;
    if (peering === undefined || !this.isReady || message.streamId >= peering.agreed.outboundStreams) return false;
    const { maxBufferedBytes, reservedBytes } = this.#limits;
    const limitBytes = message.sender === undefined ? maxBufferedBytes : maxBufferedBytes - reservedBytes;
    if (peering.sender.bufferedBytes + message.data.length > limitBytes) return false;
    peering.sender.push(message);
    this.#noteDue(nowMs);
    return true;
  }

  /** How much more messages with a sender may have waiting. */
  get freeBytes(): number {
    const { maxBufferedBytes, reservedBytes } = this.#limits;
    return Math.max(0, maxBufferedBytes - reservedBytes - (this.#peering?.sender.bufferedBytes ?? 0));
  }

  /** Drops unsent messages of a stream that are not worth sending any more. */
  dropStale(nowMs: number, streamId: number): void {
    this.#peering?.sender.dropStale(nowMs, streamId);
  }

  /** Drops the oldest unsent message of a stream. @returns false if there is none */
  dropOldest(streamId: number): boolean {
    return this.#peering?.sender.dropOldest(streamId) ?? false;
  }

  /** Whether the peer has this stream, as far as is known. */
  hasStream(streamId: number): boolean {
    return this.#peering !== undefined && streamId < this.#peering.agreed.outboundStreams;
  }

  /** Gives a stream its share of the bytes, by its priority in DCEP. */
  setPriority(streamId: number, priority: number): void {
    this.#peering?.sender.setPriority(streamId, priority);
  }

  /** Resets our side of a stream, once what was sent on it has left; the listener hears when the peer knows. */
  resetStream(nowMs: number, streamId: number): void {
    this.#peering?.reset.want(streamId);
    this.#noteDue(nowMs);
  }

  /** The peer uses a stream again whose reset it has not confirmed to us: it has carried it out, and the listener hears no more of it. */
  assumeReset(streamId: number): void {
    this.#peering?.reset.assumePerformed(streamId);
  }

  /** Ends the association at once, and tells the peer. */
  close(): void {
    if (!this.#isClosed) this.#sendAbort(SctpErrorCause.userInitiated, 'closed');
    this.#isClosed = true;
  }

  #createPort(): HandshakePort {
    return {
      sendPacket: () => this.#listener.onPacket(this.#packet.finish('crc32c')),
      begin: (agreed) => {
        this.#peering = new Peering(agreed, this.#limits, this.#listener);
        this.#listener.onReady();
      },
      restart: () => this.#listener.onRestarted(),
      addFirstData: (nowMs, attempt) => {
        if (attempt === 'again') this.#peering?.sender.repeatAll();
        this.#peering?.sender.fill(nowMs, this.#packet);
      },
      isIdle: () => this.#peering?.sender.isIdle === true,
      fail: () => this.#end(),
    };
  }

  #noteDue(nowMs: number): void {
    this.#dueAtMs = Math.min(this.#dueAtMs, nowMs);
  }

  /** Zero stands for none, which we have agreed to take; not in packets with INIT or COOKIE ECHO (RFC 9653 §5.2). */
  #hasGoodChecksum(packet: Uint8Array): boolean {
    const checksum = readChecksum(packet);
    const { chunkType } = this.#view;
    const mayLack = chunkType !== SctpChunkType.init && chunkType !== SctpChunkType.cookieEcho;
    return (checksum === 0 && mayLack) || checksum === sctpChecksum(packet);
  }

  /** @see RFC 9260 §8.5 */
  #isForUs(nowMs: number): boolean {
    const { verificationTag, chunkType, chunkFlags } = this.#view;
    if (chunkType === SctpChunkType.cookieEcho) return this.#handshake.handleCookieEcho(nowMs, this.#view);
    const mayReflect = chunkType === SctpChunkType.abort || chunkType === SctpChunkType.shutdownComplete;
    if (mayReflect && (chunkFlags & REFLECTED_TAG_BIT) !== 0) return verificationTag === this.#peering?.agreed.peerTag;
    return this.#handshake.state !== 'idle' && verificationTag === this.#handshake.localTag;
  }

  #handleChunks(nowMs: number): void {
    const { chunkType } = this.#view;
    if (chunkType !== SctpChunkType.initAck && chunkType !== SctpChunkType.cookieEcho) this.#handshake.handlePeerEstablished();
    let hadData = false;
    do {
      const isData = this.#view.chunkType === SctpChunkType.data || this.#view.chunkType === SctpChunkType.iData;
      hadData ||= isData;
      if (isData) {
        this.#handleData(nowMs);
      } else if (!this.#handleControl(nowMs)) {
        this.#counters.malformedPackets++;
        break;
      }
    } while (!this.#isClosed && this.#view.nextChunk());
    if (this.#isClosed) return;
    this.#peering?.handlePacketEnd(nowMs, hadData);
    if (this.#peering !== undefined) this.#sendPressingSack(this.#peering);
    this.#handshake.handleProgress(nowMs);
    this.#noteDue(nowMs);
  }

  #sendPressingSack(peering: Peering): void {
    // A peer that has no COOKIE ACK yet takes nothing else.
    if (this.#handshake.state !== 'established' || this.#handshake.isCookieAckDue) return;
    this.#packet.begin(peering.agreed.peerTag);
    if (peering.fillPressing(this.#packet)) this.#output(peering);
  }

  #handleData(nowMs: number): void {
    const verdict = this.#peering?.handleData(nowMs, this.#view) ?? 'taken';
    if (verdict === 'taken') return;
    if (verdict === 'malformed') this.#counters.malformedPackets++;
    else this.#counters.overflow++;
    if (verdict !== 'exhausted') return;
    this.#sendAbort(SctpErrorCause.protocolViolation, 'too much that is not complete');
    this.#end();
  }

  /** @returns false if the packet is not worth reading on */
  #handleControl(nowMs: number): boolean {
    const view = this.#view;
    switch (view.chunkType) {
      case SctpChunkType.initAck:
        return this.#handshake.handleInitAck(nowMs, view);
      case SctpChunkType.cookieAck:
        this.#handshake.handleCookieAck();
        return true;
      case SctpChunkType.sack:
        return this.#peering?.handleSack(nowMs, view) ?? true;
      case SctpChunkType.reconfig:
        return this.#peering?.handleReconfig(view) ?? true;
      case SctpChunkType.forwardTsn:
      case SctpChunkType.iForwardTsn:
        return this.#peering?.handleForwardTsn(nowMs, view) ?? true;
      case SctpChunkType.heartbeat:
        this.#answerHeartbeat();
        return true;
      case SctpChunkType.abort:
      case SctpChunkType.shutdownComplete:
        this.#end();
        return true;
      case SctpChunkType.shutdown:
        return this.#handleShutdown(nowMs);
      case SctpChunkType.cookieEcho:
      case SctpChunkType.heartbeatAck:
      case SctpChunkType.error:
      case SctpChunkType.shutdownAck:
        return true;
      default:
        return (view.chunkType & SKIP_BIT) !== 0;
    }
  }

  #handleShutdown(nowMs: number): boolean {
    if (this.#peering?.handleShutdown(nowMs, this.#view) !== true) return false;
    this.#handshake.handleShutdown();
    return true;
  }

  #answerHeartbeat(): void {
    const { bytes, chunkStart, chunkEnd } = this.#view;
    if (this.#peering === undefined) return;
    const body = bytes.subarray(chunkStart + SCTP_CHUNK_HEADER_LENGTH, chunkEnd);
    this.#packet.begin(this.#peering.agreed.peerTag);
    // Longer than what we send in one packet, it is none that is worth an answer.
    if (!this.#packet.hasRoomForOpaque(body)) return;
    this.#packet.addOpaque(SctpChunkType.heartbeatAck, body);
    this.#output(this.#peering);
  }

  #transmit(nowMs: number, peering: Peering): void {
    while (this.#peering === peering) {
      this.#packet.begin(peering.agreed.peerTag);
      if (this.#handshake.isCookieAckDue) this.#packet.addOpaque(SctpChunkType.cookieAck, NOTHING);
      this.#handshake.isCookieAckDue = false;
      peering.fill(nowMs, this.#packet);
      if (this.#packet.isEmpty) return;
      this.#output(peering);
    }
  }

  #output({ agreed }: Peering): void {
    this.#listener.onPacket(this.#packet.finish(agreed.sendsChecksum ? 'crc32c' : 'none'));
  }

  #sendAbort(cause: number, detail: string): void {
    if (this.#peering === undefined) return;
    this.#packet.begin(this.#peering.agreed.peerTag);
    this.#packet.at = writeAbort(this.#packet.bytes, this.#packet.at, cause, detail);
    this.#output(this.#peering);
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listener.onClosed();
  }
}
