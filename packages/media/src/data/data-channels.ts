/**
 * The data channels of one peer. The association begins with the peer's INIT, or with the first channel that we open: a peer without data
 * channels costs nothing.
 *
 * @see RFC 8831, RFC 8832
 */
import {
  DataProtocol,
  type DcepOpen,
  encodeUtf8,
  type HmacSha1,
  parseDcep,
  SCTP_HEADER_LENGTH,
  SctpChunkType,
  writeDcepAck,
  writeDcepOpen,
} from '@causeway/wire';
import type { Timer, Timers } from '../timers.ts';
import { Association, type AssociationListener } from './association/association.ts';
import { MAX_MESSAGE_BYTES } from './association/inbound-streams.ts';
import { MAX_STREAMS } from './association/offer.ts';
import type { DataChannelInfo, DataChannelRequest } from './data-channel.ts';
import type { DataCounters } from './data-counters.ts';

export interface DataChannelsListener {
  /** An SCTP packet for the peer, which is overwritten after the call. */
  onPacket(packet: Uint8Array): void;
  onOpened(channel: DataChannelInfo): void;
  onClosed(streamId: number): void;
  /** @param kind of what the bytes are; text is UTF-8 that nobody has checked */
  onMessage(streamId: number, data: Uint8Array, kind: 'text' | 'binary'): void;
  /** The peer has ended the association, or we had to. */
  onAborted(): void;
  /** A timer has shown a defect of ours. */
  onDefect(error: unknown): void;
}

export interface DataChannelsOptions {
  /** Of the DTLS client the stream ids are even, of the server odd (RFC 8832 §6). */
  readonly role: 'server' | 'client';
  readonly timers: Timers;
  readonly hmacSha1: HmacSha1;
  /** @returns bytes that nobody can predict */
  readonly randomBytes: (length: number) => Uint8Array;
  readonly counters: DataCounters;
  readonly listener: DataChannelsListener;
}

/**
 * `waiting`: we have sent OPEN, and wait for the ACK. `closing`: we have reset our side. `left`: the peer has reset its side, and we ours,
 * which it has yet to confirm. `confirmed`: it has, but has yet to reset its own.
 */
type ChannelState = 'waiting' | 'open' | 'closing' | 'left' | 'confirmed';

interface Channel {
  readonly info: DataChannelInfo;
  state: ChannelState;
}

const MAX_CHANNELS = 256;
/** RFC 8831 §6.4. */
const NORMAL_PRIORITY = 256;
const ONE_ZERO = Uint8Array.of(0);
const NOTHING = new Uint8Array(0);

export class DataChannels implements Timer, AssociationListener {
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;
  readonly #options: DataChannelsOptions;
  readonly #listener: DataChannelsListener;
  readonly #counters: DataCounters;
  readonly #channels = new Map<number, Channel>();
  #association: Association | undefined;
  #isClosed = false;
  /** Of the call that is under way: what the association tells of happens then. */
  #nowMs = 0;

  constructor(options: DataChannelsOptions) {
    this.#options = options;
    this.#listener = options.listener;
    this.#counters = options.counters;
  }

  get channelCount(): number {
    return this.#channels.size;
  }

  /** Whether the peer has agreed to an association. */
  get hasAssociation(): boolean {
    return this.#association?.isReady === true;
  }

  /** Takes one SCTP packet from the peer, whatever it may be. */
  handlePacket(nowMs: number, packet: Uint8Array): void {
    if (this.#isClosed) return;
    this.#nowMs = nowMs;
    // Only a peer that wants to begin is worth an association.
    if (this.#association === undefined && packet[SCTP_HEADER_LENGTH] !== SctpChunkType.init) this.#counters.malformedPackets++;
    else this.#associate().handlePacket(nowMs, packet);
    this.#schedule();
  }

  /** Opens a channel. @returns its stream id; undefined when there are no more */
  open(nowMs: number, request: DataChannelRequest): number | undefined {
    if (this.#isClosed || this.#channels.size >= MAX_CHANNELS) return undefined;
    const streamId = this.#freeStreamId();
    if (streamId === undefined) return undefined;
    const { label, protocol = '', ordered = true, maxRetransmits, maxPacketLifeTimeMs } = request;
    const channel: Channel = { info: { streamId, label, protocol, ordered, maxRetransmits, maxPacketLifeTimeMs }, state: 'waiting' };
    this.#channels.set(streamId, channel);
    this.#nowMs = nowMs;
    const association = this.#associate();
    association.connect(nowMs);
    if (association.isReady) this.#announce(channel);
    this.#schedule();
    return streamId;
  }

  /** Sends on an open channel; the bytes must not change after. @returns false when the channel is not open, or too much waits already */
  send(nowMs: number, streamId: number, data: Uint8Array | string): boolean {
    const channel = this.#channels.get(streamId);
    if (channel?.state !== 'open') return false;
    const isText = typeof data === 'string';
    const bytes = isText ? encodeUtf8(data) : data;
    if (bytes.length > MAX_MESSAGE_BYTES) return false;
    const { text, emptyText, binary, emptyBinary } = DataProtocol;
    const isSent =
      bytes.length > 0
        ? this.#send(nowMs, channel.info, isText ? text : binary, bytes)
        : this.#send(nowMs, channel.info, isText ? emptyText : emptyBinary, ONE_ZERO);
    this.#schedule();
    return isSent;
  }

  /** Closes a channel once what was sent on it has left. */
  closeChannel(nowMs: number, streamId: number): void {
    const channel = this.#channels.get(streamId);
    if (channel?.state !== 'open' && channel?.state !== 'waiting') return;
    channel.state = 'closing';
    this.#association?.resetStream(nowMs, streamId);
    this.#schedule();
  }

  /** Tells the peer, and ends the timer; the listener hears no more, save for that last packet. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.timers.cancel(this);
    this.#association?.close();
    this.#channels.clear();
  }

  fire(nowMs: number): void {
    this.#nowMs = nowMs;
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
    for (const channel of this.#channels.values()) if (channel.state === 'waiting') this.#announce(channel);
  }

  onRestarted(): void {
    for (const { info, state } of this.#channels.values())
      if (state === 'open' || state === 'closing') this.#listener.onClosed(info.streamId);
    this.#channels.clear();
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
    this.closeChannel(this.#nowMs, streamId);
  }

  /** The peer has reset its side of streams: their channels are closed, and we reset ours (RFC 8831 §6.7). */
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
      this.#listener.onClosed(streamId);
    }
  }

  /** The peer knows that we have reset our side. */
  onOutgoingReset(streamIds: readonly number[]): void {
    for (const streamId of streamIds) {
      const channel = this.#channels.get(streamId);
      if (channel?.state === 'left') {
        this.#channels.delete(streamId);
      } else if (channel?.state === 'closing') {
        channel.state = 'confirmed';
        this.#listener.onClosed(streamId);
      }
    }
  }

  #associate(): Association {
    const { hmacSha1, randomBytes } = this.#options;
    this.#association ??= new Association({ hmacSha1, randomBytes, counters: this.#counters, listener: this });
    return this.#association;
  }

  #schedule(): void {
    if (this.#association === undefined || this.#isClosed) return;
    this.#options.timers.schedule(this.#association.nextDeadlineMs, this);
  }

  #announce({ info }: Channel): void {
    this.#sendDcep(info.streamId, writeDcepOpen({ ...info, priority: NORMAL_PRIORITY }));
  }

  /** DCEP is ordered and reliable, whatever the channel is (RFC 8832 §6). */
  #sendDcep(streamId: number, data: Uint8Array): void {
    this.#send(
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
      }) ?? false
    );
  }

  #handleUserMessage(streamId: number, protocolId: number, data: Uint8Array): void {
    const channel = this.#channels.get(streamId);
    const { text, emptyText, binary, emptyBinary } = DataProtocol;
    const isText = protocolId === text || protocolId === emptyText;
    if (channel?.state === 'open' && (isText || protocolId === binary || protocolId === emptyBinary)) {
      const isEmpty = protocolId === emptyText || protocolId === emptyBinary;
      this.#listener.onMessage(streamId, isEmpty ? NOTHING : data, isText ? 'text' : 'binary');
    } else if (channel === undefined || channel.state === 'open' || channel.state === 'waiting') {
      this.#counters.strayMessages++;
    }
    // What was under way when we closed the channel is nobody's fault.
  }

  #handleDcep(streamId: number, data: Uint8Array): void {
    const message = parseDcep(data);
    const known = this.#channels.get(streamId);
    if (message?.type === 'ack') {
      if (known?.state === 'waiting') this.#becomeOpen(known);
    } else if (message !== undefined && this.#mayOpen(streamId, known)) {
      this.#accept(streamId, message.channel, known);
    } else {
      this.#counters.refusedChannels++;
      // With no channel of ours on it, the stream is closed in the peer's face.
      if (known === undefined) this.#association?.resetStream(this.#nowMs, streamId);
    }
  }

  #mayOpen(streamId: number, known: Channel | undefined): boolean {
    // The peer may know a stream to be free before we do: its confirmation can be overtaken by the next channel.
    if (known !== undefined) return known.state === 'left';
    return this.#channels.size < MAX_CHANNELS && this.#isPeersId(streamId);
  }

  #accept(streamId: number, { priority, ...open }: DcepOpen, known: Channel | undefined): void {
    if (known !== undefined) this.#association?.assumeReset(streamId);
    const channel: Channel = { info: { streamId, ...open }, state: 'open' };
    this.#channels.set(streamId, channel);
    this.#association?.setPriority(streamId, priority);
    this.#sendDcep(streamId, writeDcepAck());
    this.#listener.onOpened(channel.info);
  }

  #becomeOpen(channel: Channel): void {
    channel.state = 'open';
    this.#listener.onOpened(channel.info);
  }

  #isPeersId(streamId: number): boolean {
    return (streamId % 2 === 0) === (this.#options.role === 'server');
  }

  #freeStreamId(): number | undefined {
    for (let id = this.#options.role === 'server' ? 1 : 0; id < MAX_STREAMS; id += 2) if (!this.#channels.has(id)) return id;
    return undefined;
  }
}
