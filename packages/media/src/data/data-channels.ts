/**
 * The data channels of one peer. The association is set up when the peer sends INIT or the first channel is opened here, so a peer without
 * data channels costs nothing.
 *
 * @see RFC 8831, RFC 8832
 */
import { DataProtocol, type DcepOpen, parseDcep, SCTP_HEADER_LENGTH, SctpChunkType, writeDcepAck, writeDcepOpen } from '@causeway/wire';
import type { Timer } from '../timers.ts';
import { Association, type AssociationListener } from './association/association.ts';
import { type AssociationLimits, CLIENT_LIMITS, MAX_MESSAGE_BYTES } from './association/association-limits.ts';
import { AssociationStart } from './association-start.ts';
import {
  type Channel,
  type DataChannelInfo,
  type DataChannelRequest,
  type DataMessage,
  type DataTerms,
  isOrdered,
  isWanted,
  isWritable,
  messageOf,
  protocolOf,
  readMessage,
  wireBytesOf,
} from './data-channel.ts';
import type { DataChannelsListener, DataChannelsOptions } from './data-channels-options.ts';
import type { DataCounters } from './data-counters.ts';

const MAX_CHANNELS = 256;
/** The priority "normal" (RFC 8831 §6.4). */
const NORMAL_PRIORITY = 256;

/** Manages the data channels of one peer on one SCTP association. */
export class DataChannels implements Timer, AssociationListener {
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;
  readonly #options: DataChannelsOptions;
  readonly #listener: DataChannelsListener;
  readonly #counters: DataCounters;
  readonly #channels = new Map<number, Channel>();
  readonly #limits: AssociationLimits;
  readonly #maxChannels: number;
  readonly #start: AssociationStart;
  #association: Association | undefined;
  #isClosed = false;
  /** Time of the current call, during which the association reports events. */
  #nowMs = 0;

  constructor(options: DataChannelsOptions) {
    this.#options = options;
    this.#listener = options.listener;
    this.#counters = options.counters;
    this.#limits = options.limits ?? CLIENT_LIMITS;
    this.#maxChannels = options.maxChannels ?? MAX_CHANNELS;
    this.#start = new AssociationStart(options);
  }

  get channelCount(): number {
    return this.#channels.size;
  }

  /** Whether there is an association that can send messages. */
  get hasAssociation(): boolean {
    return this.#association?.isReady === true;
  }

  /** How many more bytes of messages with a sender fit into the buffer, over all channels. */
  get freeBytes(): number {
    return this.#association?.freeBytes ?? this.#limits.maxBufferedBytes - this.#limits.reservedBytes;
  }

  /** Takes one SCTP packet from the peer, which may be malformed. */
  handlePacket(nowMs: number, packet: Uint8Array): void {
    if (this.#isClosed) return;
    this.#nowMs = nowMs;
    // An association is only created for a peer that initiates one.
    if (this.#association === undefined && packet[SCTP_HEADER_LENGTH] !== SctpChunkType.init) this.#counters.malformedPackets++;
    else this.#associate().handlePacket(nowMs, packet);
    this.#schedule();
  }

  /**
   * Opens the channels that wait, now that the peer is known to have data channels and packets reach it. If none waits, the peer may set up
   * the association; the SFU does it if the peer takes too long.
   */
  begin(nowMs: number): void {
    if (this.#isClosed) return;
    this.#start.allow(nowMs);
    if (this.#channels.size > 0) this.#start.hurry(nowMs);
    this.#schedule();
  }

  /** Opens a channel. @returns its stream id; undefined if no stream or channel is free */
  open(nowMs: number, request: DataChannelRequest): number | undefined {
    const streamId = this.#freeStreamId();
    if (streamId === undefined) return undefined;
    const { label, protocol = '', ordered = true, maxRetransmits, maxPacketLifeTimeMs } = request;
    const info = { streamId, label, protocol, ordered, maxRetransmits, maxPacketLifeTimeMs };
    return this.openOn(nowMs, info, { isNegotiated: false }) ? streamId : undefined;
  }

  /**
   * Opens a channel on a given stream. A negotiated channel is open as soon as there is an association.
   *
   * @returns false if the stream is in use, or there are too many channels
   */
  openOn(nowMs: number, info: DataChannelInfo, { isNegotiated }: { readonly isNegotiated: boolean }): boolean {
    const { streamId } = info;
    if (this.#isClosed || this.#channels.size >= this.#maxChannels) return false;
    if (streamId >= this.#limits.maxStreams || this.#channels.has(streamId)) return false;
    const channel: Channel = { info, isNegotiated, state: 'waiting' };
    this.#channels.set(streamId, channel);
    this.#nowMs = nowMs;
    if (this.#association?.isReady === true) this.#announce(channel);
    else this.#start.hurry(nowMs);
    this.#schedule();
    return true;
  }

  /** Whether the channel is open at both ends. */
  isOpen(streamId: number): boolean {
    return this.#channels.get(streamId)?.state === 'open';
  }

  /** The channel on this stream if it is open or opening; undefined if there is none. */
  channel(streamId: number): DataChannelInfo | undefined {
    const channel = this.#channels.get(streamId);
    return channel !== undefined && isWanted(channel) ? channel.info : undefined;
  }

  /**
   * Sends a message on a channel that is open or announced. The bytes must not change afterwards.
   *
   * @returns false if the channel cannot send messages, or too much is waiting already
   */
  send(nowMs: number, streamId: number, data: Uint8Array | string): boolean {
    const channel = this.#channels.get(streamId);
    if (channel === undefined || !isWritable(channel)) return false;
    const message = messageOf(data);
    if (message.data.length > MAX_MESSAGE_BYTES) return false;
    const isSent = this.#send(
      nowMs,
      { ...channel.info, ordered: isOrdered(channel, channel.info) },
      protocolOf(message),
      wireBytesOf(message),
    );
    this.#schedule();
    return isSent;
  }

  /** Sends a message that other peers receive as well, with its own terms of delivery. */
  sendShared(nowMs: number, streamId: number, { message, terms }: { readonly message: DataMessage; readonly terms: DataTerms }): boolean {
    const association = this.#association;
    const channel = this.#channels.get(streamId);
    if (association === undefined || channel === undefined || !isWritable(channel)) return false;
    const { maxRetransmits, maxPacketLifeTimeMs, maxWaitMs, sender } = terms;
    if (maxWaitMs < Number.POSITIVE_INFINITY) association.dropStale(nowMs, streamId);
    const isSent = association.send(nowMs, {
      streamId,
      protocolId: protocolOf(message),
      data: wireBytesOf(message),
      isUnordered: !isOrdered(channel, terms),
      maxRetransmits: maxRetransmits ?? Number.POSITIVE_INFINITY,
      expiresAtMs: nowMs + (maxPacketLifeTimeMs ?? Number.POSITIVE_INFINITY),
      staleAtMs: nowMs + maxWaitMs,
      sender,
    });
    this.#schedule();
    return isSent;
  }

  /** Drops the oldest message of a channel, if none of it was sent yet. @returns false if there is none */
  dropOldest(streamId: number): boolean {
    return this.#association?.dropOldest(streamId) ?? false;
  }

  /** Closes a channel after everything sent on it has left. */
  closeChannel(nowMs: number, streamId: number): void {
    const channel = this.#channels.get(streamId);
    if (channel === undefined || !isWanted(channel)) return;
    if (channel.state === 'waiting') {
      // The peer does not know about this channel yet.
      this.#channels.delete(streamId);
      this.#listener.onClosed(streamId, 'closed');
      return;
    }
    channel.state = 'closing';
    this.#association?.resetStream(nowMs, streamId);
    this.#schedule();
  }

  /** Aborts the association and stops the timer. The listener receives no more calls, except for the packet with the ABORT. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.timers.cancel(this);
    this.#association?.close();
    this.#channels.clear();
  }

  fire(nowMs: number): void {
    this.#nowMs = nowMs;
    if (this.#start.atMs <= nowMs) {
      this.#start.cancel();
      this.#associate().connect(nowMs);
    }
    this.#association?.handleTimeout(nowMs);
    this.#schedule();
  }

  fail(error: unknown): void {
    this.#listener.onDefect(error);
  }

  onPacket(packet: Uint8Array): void {
    this.#listener.onPacket(packet);
  }

  onReady(): void {
    for (const channel of [...this.#channels.values()]) if (channel.state === 'waiting') this.#announce(channel);
  }

  onRestarted(): void {
    const ended: number[] = [];
    for (const channel of this.#channels.values())
      if (isWritable(channel) || channel.state === 'closing') ended.push(channel.info.streamId);
    this.#channels.clear();
    for (const streamId of ended) this.#listener.onClosed(streamId, 'closed');
  }

  onClosed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.timers.cancel(this);
    this.#channels.clear();
    this.#listener.onAborted();
  }

  onMessage(streamId: number, protocolId: number, data: Uint8Array): void {
    if (protocolId === DataProtocol.dcep) this.#handleDcep(streamId, data);
    else this.#handleUserMessage(streamId, protocolId, data);
  }

  onOversizedMessage(streamId: number): void {
    this.#counters.oversizedMessages++;
    const channel = this.#channels.get(streamId);
    const isOurs = channel !== undefined && isWritable(channel);
    this.closeChannel(this.#nowMs, streamId);
    if (isOurs) this.#listener.onOversizedMessage(streamId);
  }

  /** Handles the peer's reset of its side of streams: their channels are closed, and our side is reset too (RFC 8831 §6.7). */
  onIncomingReset(streamIds: readonly number[]): void {
    for (const streamId of streamIds.length > 0 ? streamIds : [...this.#channels.keys()]) {
      const channel = this.#channels.get(streamId);
      if (channel === undefined || channel.state === 'left') continue;
      if (channel.state === 'confirmed') {
        this.#channels.delete(streamId);
        continue;
      }
      if (channel.state !== 'closing') this.#association?.resetStream(this.#nowMs, streamId);
      channel.state = 'left';
      this.#listener.onClosed(streamId, 'closed');
    }
  }

  /** Handles the peer's confirmation that our side of streams is reset. */
  onOutgoingReset(streamIds: readonly number[]): void {
    for (const streamId of streamIds) {
      const channel = this.#channels.get(streamId);
      if (channel?.state === 'left') {
        this.#channels.delete(streamId);
      } else if (channel?.state === 'closing') {
        channel.state = 'confirmed';
        this.#listener.onClosed(streamId, 'closed');
      }
    }
  }

  #associate(): Association {
    const { hmacSha1, randomBytes } = this.#options;
    this.#association ??= new Association({
      hmacSha1,
      randomBytes,
      counters: this.#counters,
      listener: this,
      limits: this.#limits,
    });
    return this.#association;
  }

  #schedule(): void {
    if (this.#isClosed) return;
    if (this.hasAssociation) this.#start.cancel();
    const deadlineMs = this.#association?.nextDeadlineMs ?? Number.POSITIVE_INFINITY;
    this.#options.timers.schedule(Math.min(deadlineMs, this.#start.atMs), this);
  }

  #announce(channel: Channel): void {
    const { info, isNegotiated } = channel;
    const { streamId } = info;
    if (isNegotiated && this.#association?.hasStream(streamId) === true) this.#becomeOpen(channel);
    else if (!isNegotiated && this.#sendDcep(streamId, writeDcepOpen({ ...info, priority: NORMAL_PRIORITY }))) {
      channel.state = 'announced';
      this.#listener.onAnnounced?.(streamId);
    } else {
      this.#channels.delete(streamId);
      this.#counters.refusedChannels++;
      this.#listener.onClosed(streamId, 'refused');
    }
  }

  /** Sends a DCEP message, which is ordered and reliable whatever the channel is (RFC 8832 §6). */
  #sendDcep(streamId: number, data: Uint8Array): boolean {
    return this.#send(
      this.#nowMs,
      { streamId, ordered: true, maxRetransmits: undefined, maxPacketLifeTimeMs: undefined },
      DataProtocol.dcep,
      data,
    );
  }

  #send(nowMs: number, channel: Omit<DataChannelInfo, 'label' | 'protocol'>, protocolId: number, data: Uint8Array): boolean {
    const { streamId, ordered, maxRetransmits, maxPacketLifeTimeMs } = channel;
    return (
      this.#association?.send(nowMs, {
        streamId,
        protocolId,
        data,
        isUnordered: !ordered,
        maxRetransmits: maxRetransmits ?? Number.POSITIVE_INFINITY,
        expiresAtMs: nowMs + (maxPacketLifeTimeMs ?? Number.POSITIVE_INFINITY),
        isUrgent: protocolId === DataProtocol.dcep || this.#options.isLink === true,
      }) ?? false
    );
  }

  #handleUserMessage(streamId: number, protocolId: number, data: Uint8Array): void {
    const channel = this.#channels.get(streamId);
    const message = readMessage(protocolId, data);
    // An unordered message can overtake the ACK, and proves just as well that the peer has the channel.
    if (channel?.state === 'announced') this.#becomeOpen(channel);
    const isTaken = channel?.state === 'open' || (channel === undefined && this.#options.isLink === true);
    if (isTaken && message !== undefined) {
      this.#listener.onMessage(streamId, message.data, message.kind);
    } else if (channel === undefined || isWanted(channel)) {
      // Messages that were on their way when the channel was closed here are not counted, since the peer could not know.
      this.#counters.strayMessages++;
    }
  }

  #handleDcep(streamId: number, data: Uint8Array): void {
    const message = parseDcep(data);
    const known = this.#channels.get(streamId);
    if (message?.type === 'ack') {
      if (known?.state === 'announced') this.#becomeOpen(known);
    } else if (message !== undefined && this.#mayOpen(known)) {
      this.#accept(streamId, message.channel, known);
    } else {
      this.#counters.refusedChannels++;
      // If we have no channel on the stream, the peer's channel is rejected by a reset.
      if (known === undefined) this.#association?.resetStream(this.#nowMs, streamId);
    }
  }

  /**
   * Whether the peer may open a channel on a stream. The parity of its id is not checked, because aiortc derives it from the ICE role and
   * so uses odd ids as a DTLS client.
   */
  #mayOpen(known: Channel | undefined): boolean {
    // The peer may know that a stream is free before we do, because its confirmation can be overtaken by the next OPEN.
    return known === undefined ? this.#channels.size < this.#maxChannels : known.state === 'left';
  }

  #accept(streamId: number, { priority, ...open }: DcepOpen, known: Channel | undefined): void {
    if (known !== undefined) this.#association?.assumeReset(streamId);
    const channel: Channel = { info: { streamId, ...open }, isNegotiated: false, state: 'open' };
    this.#channels.set(streamId, channel);
    this.#association?.setPriority(streamId, priority);
    this.#sendDcep(streamId, writeDcepAck());
    this.#listener.onOpened(channel.info);
  }

  #becomeOpen(channel: Channel): void {
    channel.state = 'open';
    this.#listener.onOpened(channel.info);
  }

  #freeStreamId(): number | undefined {
    for (let id = this.#options.role === 'server' ? 1 : 0; id < this.#limits.maxStreams; id += 2) if (!this.#channels.has(id)) return id;
    return undefined;
  }
}
