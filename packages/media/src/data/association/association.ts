/**
 * One SCTP association inside DTLS, without I/O and without a clock: packets and the time go in, packets and messages come out. It has one
 * path and sends no heartbeats, since ICE watches that path.
 *
 * Calls only send answers to INIT and HEARTBEAT, and acknowledgements on a path that loses packets. Everything else waits for
 * `handleTimeout`, which is then due at once, so that everything sent in one turn shares packets.
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
  /** Takes a packet for the peer. Its bytes are overwritten after the call. */
  onPacket(packet: Uint8Array): void;
  /** Messages can be sent now. Called again after a restart, when the new association knows nothing of earlier messages. */
  onReady(): void;
  /** The peer has restarted the association. Streams and everything in flight are lost. `onReady` follows. */
  onRestarted(): void;
  /** The association was ended: aborted or shut down by the peer, or because of an error. Called at most once, and not after `close()`. */
  onClosed(): void;
}

export interface AssociationOptions {
  readonly hmacSha1: HmacSha1;
  /** @returns unpredictable bytes */
  readonly randomBytes: (length: number) => Uint8Array;
  readonly counters: DataCounters;
  readonly listener: AssociationListener;
  /** Default: `CLIENT_LIMITS`. */
  readonly limits?: AssociationLimits;
}

/** An unknown chunk without this highest bit ends the processing of its packet (RFC 9260 §3). */
const SKIP_BIT = 0x80;
/** On ABORT and SHUTDOWN COMPLETE, this bit means that the tag is that of the receiver's own packets, reflected. */
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

  /** Whether `send` can succeed. */
  get isReady(): boolean {
    return this.#peering !== undefined && this.#handshake.state !== 'shutting-down' && !this.#isClosed;
  }

  /** When to call `handleTimeout` next; Infinity if there is no need to. */
  get nextDeadlineMs(): number {
    if (this.#isClosed) return Number.POSITIVE_INFINITY;
    const nextMs = Math.min(this.#dueAtMs, this.#handshake.deadlineMs);
    if (this.#peering === undefined || this.#handshake.state === 'cookie-echoed') return nextMs;
    return Math.min(nextMs, this.#peering.nextDeadlineMs);
  }

  /** Initiates the association, unless that has happened. The peer may do the same at the same time. */
  connect(nowMs: number): void {
    this.#handshake.connect(nowMs);
  }

  /** Takes one packet from the peer, which may be malformed. */
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

  /** Handles due timers, and sends what is waiting. */
  handleTimeout(nowMs: number): void {
    if (this.#isClosed) return;
    this.#dueAtMs = Number.POSITIVE_INFINITY;
    this.#handshake.handleTimeout(nowMs);
    if (this.#peering === undefined || this.#handshake.state === 'cookie-echoed' || this.#isClosed) return;
    this.#peering.handleTimeout(nowMs);
    this.#transmit(nowMs, this.#peering);
  }

  /** @returns false if the association is not ready, does not have the stream, or has too much waiting already */
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

  /** How many more bytes of messages with a sender fit into the buffer. */
  get freeBytes(): number {
    const { maxBufferedBytes, reservedBytes } = this.#limits;
    return Math.max(0, maxBufferedBytes - reservedBytes - (this.#peering?.sender.bufferedBytes ?? 0));
  }

  /** Drops messages at the front of a stream that have become too old to be started. */
  dropStale(nowMs: number, streamId: number): void {
    this.#peering?.sender.dropStale(nowMs, streamId);
  }

  /** Drops the oldest unsent message of a stream. @returns false if there is none */
  dropOldest(streamId: number): boolean {
    return this.#peering?.sender.dropOldest(streamId) ?? false;
  }

  /** Whether the stream exists in the agreed range. */
  hasStream(streamId: number): boolean {
    return this.#peering !== undefined && streamId < this.#peering.agreed.outboundStreams;
  }

  /** Sets the share of the bandwidth that a stream gets, by its DCEP priority. */
  setPriority(streamId: number, priority: number): void {
    this.#peering?.sender.setPriority(streamId, priority);
  }

  /** Resets our side of a stream once everything sent on it has left. The listener is called when the peer has confirmed it. */
  resetStream(nowMs: number, streamId: number): void {
    this.#peering?.reset.want(streamId);
    this.#noteDue(nowMs);
  }

  /** Treats a reset as confirmed, because the peer uses the stream again. The listener is no longer called for it. */
  assumeReset(streamId: number): void {
    this.#peering?.reset.assumePerformed(streamId);
  }

  /** Ends the association immediately, and tells the peer. */
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

  /**
   * Whether the checksum is correct. Zero stands for no checksum, which we have agreed to accept except in packets with INIT or COOKIE ECHO
   * (RFC 9653 §5.2).
   */
  #hasGoodChecksum(packet: Uint8Array): boolean {
    const checksum = readChecksum(packet);
    const { chunkType } = this.#view;
    const mayLack = chunkType !== SctpChunkType.init && chunkType !== SctpChunkType.cookieEcho;
    return (checksum === 0 && mayLack) || checksum === sctpChecksum(packet);
  }

  /** Whether the packet belongs to this association, by its verification tag. @see RFC 9260 §8.5 */
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
    // A peer that has no COOKIE ACK yet accepts nothing else.
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

  /** @returns false if the rest of the packet must be ignored */
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
    // Only a heartbeat that fits one of our packets is answered.
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
